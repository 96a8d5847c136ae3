alter table event drop column title;
alter table visit drop column screen;
alter table visit drop column language;
alter table visit drop column region;
alter table visit drop column city;

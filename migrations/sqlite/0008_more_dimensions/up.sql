-- Numbers of the dictionary like those beside them; 0 is the empty string, which is what rows from before have.
alter table event add column title bigint not null default 0;
alter table visit add column screen bigint not null default 0;
alter table visit add column language bigint not null default 0;
alter table visit add column region bigint not null default 0;
alter table visit add column city bigint not null default 0;

drop table annotation;
drop table segment;
drop table funnel;
drop table goal;

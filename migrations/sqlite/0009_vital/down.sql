drop table vital;

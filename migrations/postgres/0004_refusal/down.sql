drop table refusal;

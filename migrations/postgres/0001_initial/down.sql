drop table event;
drop table visit;
drop table dictionary;
drop table session;
drop table user_account;
drop table site;

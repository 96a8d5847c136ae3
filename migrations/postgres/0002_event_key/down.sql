drop table event_key;

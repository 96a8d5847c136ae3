-- Keys that senders gave their events, so that a repetition is stored once. Kept for 48 hours.
create table event_key (
  site_id bigint not null,
  key bigint not null,
  at bigint not null,
  primary key (site_id, key)
) without rowid;
create index event_key_by_time on event_key (at);

-- The ledger of refusals: how many events of a site were not counted, by UTC hour (hours since 1970) and reason. Site 0 stands
-- for events that named no site of ours. `detail` is a name from a fixed list of the program, never something that was sent.
create table refusal (
  site_id bigint not null,
  hour integer not null,
  reason text not null,
  detail text not null,
  count bigint not null,
  primary key (site_id, hour, reason, detail)
) without rowid;

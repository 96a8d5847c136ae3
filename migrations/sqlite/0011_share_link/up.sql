-- Secret links to a site's dashboard. Only the SHA-256 of a link's token is stored: a copy of the database opens none.
-- condition: filters that always hold, as in segment; null for all visits. Times are in milliseconds since 1970.
create table share_link (
  id integer primary key autoincrement not null,
  site_id bigint not null references site (id) on delete cascade,
  token_hash text not null unique,
  name text not null,
  password_hash text,
  condition text,
  created_at bigint not null,
  expires_at bigint,
  last_used_day bigint
);
create index share_link_by_site on share_link (site_id);

-- Keys with which programs ask the stats API. Only the SHA-256 of a key's token is stored: a copy of the database opens nothing.
create table api_key (
  id integer primary key autoincrement not null,
  token_hash text not null unique,
  user_id bigint not null references user_account (id) on delete cascade,
  name text not null,
  scopes text not null,
  created_at bigint not null,
  expires_at bigint,
  last_used_day bigint
);
create index api_key_by_user on api_key (user_id);

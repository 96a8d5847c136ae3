-- What an owner wants counted: allowed hosts, blocked addresses, countries and pages, a rate limit. One row a rule; at most
-- some hundreds a site. Addresses here are the owner's configuration, never a visitor's.
create table site_rule (
  site_id bigint not null references site (id) on delete cascade,
  kind text not null,
  value text not null,
  created_at bigint not null,
  primary key (site_id, kind, value)
);

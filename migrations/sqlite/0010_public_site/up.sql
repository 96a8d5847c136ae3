-- Whether anybody may read the site's dashboard without an account.
alter table site add column is_public bool not null default 0;

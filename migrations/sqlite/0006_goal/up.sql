-- What an owner wants visitors to do. `definition` is the goal's kind as JSON (src/domain/goal.rs).
create table goal (
  id integer primary key autoincrement not null,
  site_id bigint not null references site (id) on delete cascade,
  name text not null,
  definition text not null,
  created_at bigint not null
);
create unique index goal_by_name on goal (site_id, name);

-- Steps that lead to what an owner wants. `steps` is a JSON list of numbers of goals and of conditions of their own
-- (src/domain/funnel.rs); `scope` says within what they must be taken.
create table funnel (
  id integer primary key autoincrement not null,
  site_id bigint not null references site (id) on delete cascade,
  name text not null,
  scope text not null,
  steps text not null,
  created_at bigint not null
);
create unique index funnel_by_name on funnel (site_id, name);

-- Saved filters: `condition` is JSON with its version (src/domain/segment.rs). Without a user it is the whole site's.
create table segment (
  id integer primary key autoincrement not null,
  site_id bigint not null references site (id) on delete cascade,
  user_id bigint references user_account (id) on delete cascade,
  name text not null,
  condition text not null,
  created_at bigint not null
);
create unique index segment_by_name on segment (site_id, coalesce(user_id, 0), name);
create index segment_by_user on segment (user_id);

-- Notes in the chart: on a day of the site's calendar (`day`, such as 2026-11-24) or at an instant (`at`), never both.
create table annotation (
  id integer primary key autoincrement not null,
  site_id bigint not null references site (id) on delete cascade,
  day text,
  at bigint,
  text text not null,
  user_id bigint references user_account (id) on delete set null,
  created_at bigint not null,
  check ((day is null) <> (at is null))
);
create index annotation_by_site on annotation (site_id);
create index annotation_by_user on annotation (user_id);

-- Closed days. A day that is here is read from its parts, whatever rows are left of it; docs/block-format.md describes them.
-- day: days from 1970-01-01 to the site-local date. from_at, to_at: the day as it was bounded when it was closed.
-- is_swept: whether the rows that it holds are deleted.
create table day_block (
  site_id bigint not null,
  day integer not null,
  from_at bigint not null,
  to_at bigint not null,
  events integer not null,
  visits integer not null,
  first_event_id bigint not null,
  last_event_id bigint not null,
  is_swept boolean not null,
  primary key (site_id, day)
);

-- Part 0 holds all small columns of a day, part N + 1 the column N. Until a day is swept, parts -1 and -2 name the rows of events and
-- visits that it holds.
create table day_part (
  site_id bigint not null,
  day integer not null,
  part integer not null,
  data bytea not null,
  primary key (site_id, day, part)
);

-- The figures of a closed day, or of a month of closed days, by the values of one dimension.
create table roll_up (
  site_id bigint not null,
  first_day integer not null,
  days integer not null,
  dimension integer not null,
  data bytea not null,
  primary key (site_id, first_day, days, dimension)
);

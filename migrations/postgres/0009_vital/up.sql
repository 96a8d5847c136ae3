-- Web vitals, added up: a histogram of each measurement by site-local day, page, country and device (docs/metrics.md).
-- day: days from 1970-01-01. data: src/services/vitals_service/histogram.rs describes it.
create table vital (
  site_id bigint not null,
  day integer not null,
  page text not null,
  country text not null,
  device text not null,
  data bytea not null,
  primary key (site_id, day, page, country, device)
);

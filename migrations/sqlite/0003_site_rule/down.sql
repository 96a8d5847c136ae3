drop table site_rule;

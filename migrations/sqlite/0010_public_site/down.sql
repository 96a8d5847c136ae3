alter table site drop column is_public;

drop table share_link;

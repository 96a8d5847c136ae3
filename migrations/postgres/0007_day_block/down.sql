drop table roll_up;
drop table day_part;
drop table day_block;

//! Configuration, one struct a concern.

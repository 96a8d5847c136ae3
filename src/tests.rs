//! Service tests on both databases.

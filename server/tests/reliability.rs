//! What TrackFlow promises when things go wrong, shown with the real program over real sockets on both databases.
//!
//! > 202 = committed and synced. An accepted event survives `kill -9` and, with the default settings, loss of power. An event
//! > that is sent again under the same id is stored once. What cannot be stored is answered 503 with `Retry-After`.
//!
//! One promise a file, each with its method and its figures. Those that measure run alone. By default
//! in a short form that fits into `make test`; `TRACKFLOW_RELIABILITY=long` (`make test-reliability`) takes hours:
//! 0 failures in n trials bound the failure rate by 3/n at 95 %.

#[path = "reliability/support.rs"]
mod support;

#[path = "reliability/r01_kill.rs"]
mod r01_kill;
#[path = "reliability/r02_sync.rs"]
mod r02_sync;
#[path = "reliability/r04_stop.rs"]
mod r04_stop;
#[path = "reliability/r05_copy_on_full_disk.rs"]
mod r05_copy_on_full_disk;
#[path = "reliability/r05_disk_full.rs"]
mod r05_disk_full;
#[path = "reliability/r06_locked.rs"]
mod r06_locked;
#[path = "reliability/r07_dead_network.rs"]
mod r07_dead_network;
#[path = "reliability/r07_network_cut.rs"]
mod r07_network_cut;
#[path = "reliability/r07_password.rs"]
mod r07_password;
#[path = "reliability/r07_postgres_away.rs"]
mod r07_postgres_away;
#[path = "reliability/r08_overload.rs"]
mod r08_overload;
#[path = "reliability/r09_fairness.rs"]
mod r09_fairness;
#[path = "reliability/r10_slow_clients.rs"]
mod r10_slow_clients;
#[path = "reliability/r11_bodies.rs"]
mod r11_bodies;
#[path = "reliability/r12_hostile.rs"]
mod r12_hostile;
#[path = "reliability/r13_fuzz.rs"]
mod r13_fuzz;
#[path = "reliability/r14_clock.rs"]
mod r14_clock;
#[path = "reliability/r19_soak.rs"]
mod r19_soak;
#[path = "reliability/r20_faults.rs"]
mod r20_faults;

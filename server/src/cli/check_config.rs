//! `trackflow check-config`: the effective configuration as a file that would give the same.

use trackflow::config::Config;

pub(super) fn run(config: &Config) {
    print!("{config}");
}

//! How many events each of the last 60 minutes had.

/// Minutes that are kept.
const LEN: usize = 60;

/// A ring of counters; minutes are counted from 1970.
#[derive(Clone, Copy)]
pub(super) struct Minutes {
    newest: u64,
    counts: [u32; LEN],
}

impl Default for Minutes {
    fn default() -> Self {
        Self {
            newest: 0,
            counts: [0; LEN],
        }
    }
}

impl Minutes {
    /// Counts an event. One that is older than the ring is left out: the clock was set back.
    pub(super) fn add(&mut self, minute: u64) {
        if minute > self.newest {
            let passed = (minute - self.newest).min(LEN as u64);
            for newer in 0..passed {
                self.counts[place(minute - newer)] = 0;
            }
            self.newest = minute;
        }
        if self.newest - minute < LEN as u64 {
            let count = &mut self.counts[place(minute)];
            *count = count.saturating_add(1);
        }
    }

    /// The counts of the 60 minutes up to and with `minute`, ascending.
    pub(super) fn until(&self, minute: u64) -> [u64; LEN] {
        std::array::from_fn(|at| {
            let asked = (minute + 1 + at as u64).checked_sub(LEN as u64);
            match asked {
                Some(asked) if asked <= self.newest && self.newest - asked < LEN as u64 => {
                    u64::from(self.counts[place(asked)])
                }
                _ => 0,
            }
        })
    }

    /// Whether all its minutes are over at `minute`.
    pub(super) fn is_silent(&self, minute: u64) -> bool {
        minute.saturating_sub(self.newest) >= LEN as u64
    }
}

fn place(minute: u64) -> usize {
    usize::try_from(minute % LEN as u64).expect("less than 60")
}

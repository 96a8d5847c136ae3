//! Turns: how many questions to the statistics are answered at once. A few dear ones can take a machine; more than these wait, so
//! that events, log-ins and each other's answers go on.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::Principal;

/// Questions that are answered at once, whoever asks. Our numbers: each may use four threads for a moment.
const AT_ONCE: usize = 6;

/// How many of these may be programs': the rest is kept for people.
const OF_PROGRAMS: usize = 4;

/// How long a question waits, and then no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who asks a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Somebody who looks at a page.
    Person,
    /// A program, with a key, or whoever else could be one: readers without an account must not take the turns of those who have one.
    Program,
}

impl Asking {
    /// As what somebody asks who looks at a page.
    #[must_use]
    pub fn of_reader(principal: &Principal) -> Self {
        if principal.is_guest() {
            Self::Program
        } else {
            Self::Person
        }
    }
}

/// Its turn did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// When to ask again, in seconds.
    pub retry_after_s: u64,
}

/// Gives turns. One a process.
pub struct Turns {
    all: Semaphore,
    of_programs: Semaphore,
    patience: Duration,
}

/// A turn; it ends when this is dropped.
pub struct Turn<'a> {
    _of_programs: Option<SemaphorePermit<'a>>,
    _turn: SemaphorePermit<'a>,
}

impl Default for Turns {
    fn default() -> Self {
        Self::new(AT_ONCE, OF_PROGRAMS, PATIENCE)
    }
}

impl Turns {
    fn new(all: usize, of_programs: usize, patience: Duration) -> Self {
        Self {
            all: Semaphore::new(all),
            of_programs: Semaphore::new(of_programs),
            patience,
        }
    }

    /// Waits for a turn. Whoever has one must not take another.
    ///
    /// # Errors
    /// [`Busy`] after ten seconds.
    pub async fn take(&self, asking: Asking) -> Result<Turn<'_>, Busy> {
        let take = async {
            let of_programs = match asking {
                Asking::Person => None,
                Asking::Program => Some(self.of_programs.acquire().await.ok()?),
            };
            Some(Turn {
                _of_programs: of_programs,
                _turn: self.all.acquire().await.ok()?,
            })
        };
        let taken = tokio::time::timeout(self.patience, take).await;
        taken.ok().flatten().ok_or(Busy {
            retry_after_s: self.patience.as_secs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Asking::*, *};

    #[tokio::test]
    async fn programs_leave_turns_to_people_and_all_together_are_few() {
        let turns = Turns::new(3, 2, Duration::from_millis(10));
        let first = turns.take(Program).await.ok();
        let second = turns.take(Program).await.ok();
        assert!(first.is_some() && second.is_some());
        assert!(turns.take(Program).await.is_err());
        let third = turns.take(Person).await.ok();
        assert!(third.is_some());
        assert!(turns.take(Person).await.is_err());
        // A turn that ends is the next one's.
        drop(first);
        assert!(turns.take(Program).await.is_ok());
        drop(second);
        let both = (turns.take(Person).await, turns.take(Program).await);
        assert!(both.0.is_ok() && both.1.is_ok());
    }
}

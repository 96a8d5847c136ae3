//! Keeps what is in memory from reaching a disk or another process: the keys of the day, and what requests carry.
//!
//! Comes in: nothing. [`init`] is called once, at the start of every command. What it cannot do (swap) is in docs/privacy.md.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    panic, thread,
};

/// Forbids core dumps and tracing by other processes of the same user, and lets panics tell nothing of a request.
pub fn init() {
    forbid_dumps();
    install_panic_hook();
}

/// A crash writes no core file, and `/proc/PID/mem`, `ptrace` and core handlers are closed to everyone but root.
fn forbid_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let limited = setrlimit(Resource::Core, none);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let limited = limited.and_then(|()| {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
    });
    if let Err(error) = limited {
        tracing::warn!(%error, "a crash could write memory, and the keys in it, to a core file");
    }
}

/// Logs where a panic happened. Of its message only what is fixed in the program: one that was put together at run time
/// may hold a part of a request, as that of a text cut inside a character does.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = message(info.payload());
        let thread = thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        tracing::error!(place, thread, "panic: {message}");
        // With RUST_BACKTRACE only; it names functions, no values.
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            tracing::error!("{backtrace}");
        }
    }));
}

fn message(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("the message is withheld, since it may hold a part of a request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_message_that_is_fixed_in_the_program_is_told() {
        assert_eq!(
            message(&"the queue is never closed"),
            "the queue is never closed"
        );
        let with_data = format!("byte index 3 is not a char boundary of {}", "canary");
        assert!(message(&with_data).contains("withheld"));
    }
}

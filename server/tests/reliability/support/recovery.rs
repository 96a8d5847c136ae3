//! After a fault's end: how soon events are taken again, and what is there in the end.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use super::{
    database::Database,
    history::{Fate, History, Verdict},
    load::{Event, resend},
    program::Program,
};

/// What an operator notices as "by itself"; ours.
const LIMIT: Duration = Duration::from_secs(5);

/// No connection of a load has this visitor.
const VISITOR: u32 = 9_999;

/// Sends new events until one is taken; gives how long that took. Panics after 5 s.
pub(crate) async fn recovery(
    address: SocketAddr,
    numbers: &AtomicU32,
    history: &mut History,
) -> Duration {
    first(Fate::Acked, LIMIT, address, numbers, history).await
}

/// Sends new events until one has a certain fate; gives how long that took. Panics after the limit.
pub(crate) async fn first(
    fate: Fate,
    limit: Duration,
    address: SocketAddr,
    numbers: &AtomicU32,
    history: &mut History,
) -> Duration {
    let since = Instant::now();
    loop {
        let event = Event {
            number: numbers.fetch_add(1, Ordering::Relaxed),
            visitor: VISITOR,
        };
        let attempts = resend(address, &[event]).await;
        history.record(&attempts);
        let took = since.elapsed();
        assert!(took < limit, "no event is {fate:?} after {took:?}");
        if attempts[0].fate == fate {
            return took;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends again what was not taken, stops the program, and judges what is stored. Panics unless every accepted event is there
/// exactly once and the visits follow from the events. Gives the judgement, and how many events were sent again.
pub(crate) async fn settle(
    program: &mut Program,
    database: &Database,
    history: &mut History,
) -> (Verdict, usize) {
    let unsettled = [history.of(Fate::Refused), history.of(Fate::Unknown)].concat();
    history.record(&resend(program.address, &unsettled).await);
    assert_eq!(
        [history.of(Fate::Refused), history.of(Fate::Unknown)].concat(),
        [],
        "taken when it is sent again"
    );
    program.stop().await;
    let stored = database.read().await;
    let verdict = history.judge(&stored);
    verdict.assert_exact();
    stored.assert_visits_follow_from_events();
    database.assert_intact().await;
    (verdict, unsettled.len())
}

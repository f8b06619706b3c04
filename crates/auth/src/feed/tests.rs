use std::future::poll_fn;
use std::task::Poll;

use tokio::time::Instant;
use vestibule_model::{Millis, Monotonic};

use super::channel::{End, Handed};
use super::*;

struct Still;

impl Clock for Still {
    fn now(&self) -> Millis {
        Millis::EPOCH
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }
}

struct Counting(AtomicBool);

impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(u8::from(self.0.swap(true, Ordering::Relaxed)));
    }
}

fn feed() -> Feed {
    let (rng, clock): (Arc<dyn Rng>, Arc<dyn Clock>) =
        (Arc::new(Counting(AtomicBool::new(false))), Arc::new(Still));
    Feed::new(&rng, &clock, FeedLimits::default())
}

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn changed(id: &str) -> GatewayEvent {
    GatewayEvent::AccountChanged { account: account(id) }
}

async fn next(reader: &mut Reader) -> Handed {
    poll_fn(|context| reader.poll_next(context)).await
}

async fn is_idle(reader: &mut Reader) -> bool {
    poll_fn(|context| Poll::Ready(reader.poll_next(context).is_pending())).await
}

/// A reader that was handed and has written its first reset, and has a lease.
async fn begun(feed: &Feed, scope: FeedScope) -> (Reader, EventWriter) {
    let (mut reader, writer) = feed.read(scope, None).unwrap();
    assert_eq!(next(&mut reader).await, Handed::Events(vec![(0, GatewayEvent::Reset)]));
    writer.written();
    reader.note_lease();
    (reader, writer)
}

#[tokio::test(start_paused = true)]
async fn while_nobody_reads_nothing_is_kept_and_nobody_waits() {
    let feed = feed();
    feed.publish(&[changed("a")]);
    feed.written(None).await;
    assert_eq!((feed.figures().events, feed.channels.read().unwrap().len()), (0, 0));
    let (mut reader, _writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    assert!(is_idle(&mut reader).await);
}

#[tokio::test(start_paused = true)]
async fn who_has_published_waits_until_it_is_written() {
    let feed = feed();
    let (mut reader, writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    feed.publish(&[changed("a")]);
    let begun = Instant::now();
    tokio::join!(feed.written(None), async {
        assert_eq!(next(&mut reader).await, Handed::Events(vec![(1, changed("a"))]));
        tokio::time::sleep(PATIENCE / 5).await;
        writer.written();
    });
    let waited = begun.elapsed();
    assert!(waited >= PATIENCE / 5 && waited < PATIENCE, "{waited:?}");
    assert_eq!(feed.figures().cut, 0);
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_cut_and_not_waited_for_again() {
    let feed = feed();
    let (mut reader, writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    feed.publish(&[changed("a")]);
    let begun = Instant::now();
    feed.written(None).await;
    assert!((PATIENCE..2 * PATIENCE).contains(&begun.elapsed()));
    assert_eq!(next(&mut reader).await, Handed::End(End::TooSlow));
    assert_eq!((feed.figures().cut, feed.figures().streams), (1, 0));
    feed.publish(&[changed("a")]);
    let begun = Instant::now();
    feed.written(None).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    drop(writer);
    assert_eq!(feed.figures().streams, 0, "it left once");
}

#[tokio::test(start_paused = true)]
async fn who_was_handed_an_event_and_has_not_written_it_is_waited_for() {
    let feed = feed();
    let (mut reader, _writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    feed.publish(&[changed("a")]);
    assert_eq!(next(&mut reader).await, Handed::Events(vec![(1, changed("a"))]));
    let begun = Instant::now();
    feed.written(None).await;
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_who_was_given_no_lease_yet() {
    let feed = feed();
    let (_reader, _writer) = feed.read(FeedScope::Account(account("a")), None).unwrap();
    feed.publish(&[changed("a")]);
    let begun = Instant::now();
    feed.written(None).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_who_reads_of_another_account() {
    let feed = feed();
    let (_reader, _writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    feed.publish(&[changed("a"), changed("b")]);
    let begun = Instant::now();
    feed.written(Some(account("b"))).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    feed.written(Some(account("a"))).await;
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_who_has_gone() {
    let feed = feed();
    let (_reader, writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    feed.publish(&[changed("a")]);
    let begun = Instant::now();
    tokio::join!(feed.written(None), async { drop(writer) });
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_or_waited_for_by_another_account() {
    let feed = feed();
    let (mut here, _here) = begun(&feed, FeedScope::Account(account("a"))).await;
    let (mut all, all_written) = begun(&feed, FeedScope::All).await;
    feed.publish(&[changed("b")]);
    assert!(is_idle(&mut here).await);
    assert_eq!(next(&mut all).await, Handed::Events(vec![(1, changed("b"))]));
    all_written.written();
    let begun = Instant::now();
    feed.written(None).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    feed.publish(&[GatewayEvent::RulesChanged]);
    assert_eq!(next(&mut here).await, Handed::Events(vec![(1, GatewayEvent::RulesChanged)]));
}

#[tokio::test(start_paused = true)]
async fn who_falls_behind_more_than_is_kept_is_told_to_forget_everything() {
    let feed = feed();
    let (mut reader, _writer) = begun(&feed, FeedScope::Account(account("a"))).await;
    let many = u64::try_from(KEPT_OF_ACCOUNT).unwrap() + 1;
    (0..many).for_each(|_| feed.publish(&[changed("a")]));
    assert_eq!(next(&mut reader).await, Handed::Events(vec![(many, GatewayEvent::Reset)]));
    assert!(is_idle(&mut reader).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_ends_behind_what_it_was_handed() {
    let feed = feed();
    let (mut reader, writer) = begun(&feed, FeedScope::All).await;
    feed.publish(&[changed("a")]);
    writer.stop();
    assert_eq!(next(&mut reader).await, Handed::End(End::Orderly));
}

#[test]
fn a_channel_is_forgotten_when_nobody_has_read_it_for_a_while() {
    let feed = feed();
    let (reader, writer) = feed.read(FeedScope::All, None).unwrap();
    feed.tidy();
    assert!(feed.is_read());
    drop((reader, writer));
    // By this clock a minute ago is now.
    feed.tidy();
    assert!(!feed.is_read() && feed.channels.read().unwrap().is_empty());
}

#[test]
fn an_id_of_another_run_is_not_known() {
    let feed = feed();
    let first = feed.read(FeedScope::All, None).unwrap().0.id(0);
    feed.tidy();
    let (second, _writer) = feed.read(FeedScope::All, Some(&first)).unwrap();
    assert_ne!(second.id(0), first);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut second = second;
    let told = second.poll_next(&mut context);
    assert_eq!(told, Poll::Ready(Handed::Events(vec![(0, GatewayEvent::Reset)])));
}

#[test]
fn parts_are_told_once_each_and_many_users_as_their_account() {
    let feed = feed();
    let (mut reader, _writer) = feed.read(FeedScope::All, None).unwrap();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _reset = reader.poll_next(&mut context);
    let users: Vec<UserId> = (0..=64).map(UserId).collect();
    feed.parts_changed(account("a"), &[Part::Account, Part::Profile(1), Part::Group(2)], &users);
    let told = reader.poll_next(&mut context);
    assert_eq!(told, Poll::Ready(Handed::Events(vec![(1, changed("a"))])));
}

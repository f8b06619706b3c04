//! A recorded day is played against a server, and the report of that day compared in full with what the record says.

mod day;
mod play;
mod site;
mod sums;

use day::recorded;
use site::{Case, OTHER, Site};
use sums::{BY, Sent, Sums, details, sums, total};
use vestibule_testkit::ACCOUNT;

/// The day, which begins at this time.
const DATE: &str = "2016-09-22";
const BEGIN: i64 = 1_474_502_400_000;

/// How much of what was counted a crash may lose (docs/operations/traffic.md), in milliseconds.
const MAY_BE_LOST: i64 = 10_000;

const SEED: u64 = 13;

/// Every account by everything, as a whole and each of its applications.
fn cases(site: &Site) -> Vec<Case> {
    let applications: [(_, &[&str]); 3] = [
        (
            Some(ACCOUNT),
            &["none", "api-key:1", "application-token:1", "application-token:2", "oauth-client:2"],
        ),
        (Some(OTHER), &["none", &site.other_application]),
        (None, &[]),
    ];
    let mut cases = Vec::new();
    for (account, applications) in applications {
        // Of no account are administrators too, whose calls are none of the record.
        let whole = account.is_none().then(|| "unknown".to_owned());
        let each = applications.iter().map(|key| Some((*key).to_owned()));
        for application in each.chain([whole]) {
            cases.extend(BY.map(|by| Case { account, application: application.clone(), by }));
        }
    }
    cases
}

fn sums_of<'a>(sent: impl IntoIterator<Item = &'a Sent>, case: &Case) -> Sums {
    sums(sent.into_iter().filter(|sent| case.has(sent)), case.by)
}

#[tokio::test]
async fn the_report_of_a_day_is_exact_to_the_request_over_stops() {
    let (requests, mut site) = (recorded(SEED), Site::open().await);
    assert!((1_900..2_100).contains(&requests.len()), "{}", requests.len());
    // Both are within a burst.
    let parts = [&requests[..511], &requests[511..1_203], &requests[1_203..]];
    for part in parts {
        site.play(part).await;
        if part.len() != parts[2].len() {
            site.stop();
        }
    }
    let cases = cases(&site);
    for (case, told) in cases.iter().zip(site.told(&cases).await) {
        assert_eq!(told, sums_of(&site.sent, case), "{case:?}");
    }
    for account in [ACCOUNT, OTHER] {
        for (application, told) in site.details(account).await {
            let is_its = |sent: &&Sent| sent.account == Some(account) && sent.application == application;
            let sent: Vec<&Sent> = site.sent.iter().filter(is_its).collect();
            assert_eq!(told, details(&sent), "{account}: {application}");
        }
    }
}

/// What is more in one than in the other, which has nothing that is not in the first.
fn rest(whole: &Sums, part: &Sums, why: &str, case: &Case) -> Sums {
    let is_part = |(key, (allowed, refused)): (&String, &(u64, u64))| {
        whole.get(key).is_some_and(|(all, none)| allowed <= all && refused <= none)
    };
    assert!(part.iter().all(is_part), "{why}: {case:?}: {part:?} of {whole:?}");
    let left = |(key, (all, none)): (&String, &(u64, u64))| {
        let (allowed, refused) = part.get(key).copied().unwrap_or_default();
        (key.clone(), (all - allowed, none - refused))
    };
    whole.iter().map(left).filter(|(_, sums)| *sums != (0, 0)).collect()
}

#[tokio::test]
async fn a_kill_loses_of_a_day_what_was_asked_within_its_last_ten_seconds_and_nothing_else() {
    let (requests, mut site) = (recorded(SEED), Site::open().await);
    let cases = cases(&site);
    let mut lost = vec![Sums::new(); cases.len()];
    let mut from = 0;
    // Each within a burst, later and later after its beginning.
    for kill in [405, 1_040, 1_505] {
        site.play(&requests[from..kill]).await;
        from = kill;
        let ended = site.kill();
        let may_be_lost: Vec<Sent> =
            site.sent.iter().filter(|sent| sent.at > ended - MAY_BE_LOST).cloned().collect();
        let before: u64 =
            lost.iter().zip(&cases).filter(|(_, case)| is_whole(case)).map(|(lost, _)| total(lost)).sum();
        let told = site.told(&cases).await;
        for ((case, told), lost) in cases.iter().zip(&told).zip(&mut lost) {
            let missing = rest(&sums_of(&site.sent, case), told, "none is told twice", case);
            let by_this = rest(&missing, lost, "what was lost before comes not again", case);
            rest(&sums_of(&may_be_lost, case), &by_this, "nothing that is older is lost", case);
            *lost = missing;
        }
        let all: u64 =
            lost.iter().zip(&cases).filter(|(_, case)| is_whole(case)).map(|(lost, _)| total(lost)).sum();
        // Some were only in memory, and no more than were asked in that time.
        assert!(
            (1..=may_be_lost.len() as u64).contains(&(all - before)),
            "{} of {}",
            all - before,
            may_be_lost.len()
        );
    }
    site.play(&requests[from..]).await;
    for ((case, told), lost) in cases.iter().zip(site.told(&cases).await).zip(&lost) {
        let missing = rest(&sums_of(&site.sent, case), &told, "none is told twice", case);
        assert_eq!(&missing, lost, "{case:?}");
    }
}

/// Whether it is all of an account, summed up by one thing.
fn is_whole(case: &Case) -> bool {
    case.by == "day" && (case.application.is_none() || case.account.is_none())
}

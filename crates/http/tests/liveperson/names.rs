//! Login names that look alike: one name however Unicode composes it, and what becomes of names that were two before.

use vestibule_model::Population;
use vestibule_testkit::TestServer;

use crate::told;

/// The same text, composed and decomposed.
const COMPOSED: &str = "zo\u{eb}";
const DECOMPOSED: &str = "zoe\u{308}";

#[tokio::test]
async fn l2_a_name_is_one_however_it_is_composed() {
    for (stored, typed) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)] {
        let server =
            TestServer::start_with(|fixture, _| fixture.user("name").login_name = stored.into()).await;
        assert_eq!(server.log_in(typed, "password").await.status(), 200);
    }
}

#[tokio::test]
async fn l2_compositions_of_a_name_count_together() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.account.lockout_policy.failures = 2;
        settings.failures.per_minute = 0;
        fixture.user("name").login_name = COMPOSED.into();
    })
    .await;
    for typed in [COMPOSED, DECOMPOSED] {
        assert_eq!(server.log_in(typed, "wrong").await.status(), 401);
    }
    let (_, body) = told(server.log_in(COMPOSED, "password").await).await;
    assert_eq!(body["internalCode"], 101);
}

#[tokio::test]
async fn l2_agents_names_are_one_in_any_case_and_composition() {
    let server = TestServer::start_with(|fixture, _| {
        let user = fixture.user("name");
        user.population = Population::Agent;
        user.login_name = "ZOE\u{308}".into();
    })
    .await;
    assert_eq!(server.log_in(COMPOSED, "password").await.status(), 200);
}

#[tokio::test]
async fn l2_a_blocked_name_is_blocked_however_it_is_composed() {
    let server = TestServer::start_with(|_, settings| {
        settings.block_list.user_names.insert(vestibule_auth::BlockList::name(DECOMPOSED));
    })
    .await;
    assert_eq!(server.log_in(COMPOSED, "password").await.status(), 451);
}

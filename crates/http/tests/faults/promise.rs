//! The promise about ends: who is to go is refused at once and stays refused; whoever asked for it is told when it is not durable;
//! and it is tried again until it is stored, once, with its entry in the audit. Whatever ends a session, and whoever asks.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AccountState, ApiKey, AuditAction, Clock, SignOn, User};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{ACCOUNT, Fault, Key, TestServer, session_of};

use crate::{stored, with_owner};

/// What ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    LogOut,
    EndOne,
    EndOfUser,
    EndOfApplication,
    EndOfAccount,
    SetPassword,
    DisableUser,
    DeleteUser,
    DisableKey,
    DeleteKey,
    DisableAccount,
    SsoOnly,
    DeleteAccount,
    Expiry,
}

/// Who brings it about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Through {
    /// A request to this process.
    Request,
    /// A change by another process, which this one follows.
    Following,
    /// This process by itself.
    Sweep,
}

const LINES: [(Cause, Through); 21] = [
    (Cause::LogOut, Through::Request),
    (Cause::EndOne, Through::Request),
    (Cause::EndOfUser, Through::Request),
    (Cause::EndOfApplication, Through::Request),
    (Cause::EndOfAccount, Through::Request),
    (Cause::SetPassword, Through::Request),
    (Cause::SetPassword, Through::Following),
    (Cause::DisableUser, Through::Request),
    (Cause::DisableUser, Through::Following),
    (Cause::DeleteUser, Through::Request),
    (Cause::DeleteUser, Through::Following),
    (Cause::DisableKey, Through::Request),
    (Cause::DisableKey, Through::Following),
    (Cause::DeleteKey, Through::Request),
    (Cause::DeleteKey, Through::Following),
    (Cause::DisableAccount, Through::Request),
    (Cause::DisableAccount, Through::Following),
    (Cause::SsoOnly, Through::Request),
    (Cause::DeleteAccount, Through::Request),
    (Cause::DeleteAccount, Through::Following),
    (Cause::Expiry, Through::Sweep),
];

/// Of each change of the store, where it is kept that it is not lost, or nobody is told that it was done, when the store fails.
/// A new kind of change has to be given its line.
#[expect(dead_code, reason = "that it compiles is what it says")]
const fn line_of(change: &Change) -> &'static str {
    match change {
        Change::EndSession(_) | Change::EndIfUnusedSince { .. } | Change::EndSessions(_) => "here: every end",
        Change::SetPassword { .. } | Change::SetSecondFactor { .. } | Change::OpenSession(_) => {
            "here: all or nothing"
        }
        Change::SetLock { .. } => {
            "later_decisions.rs, and admin/store_failures.rs where an administrator unlocks"
        }
        Change::PutAccount(_)
        | Change::PutProfile(..)
        | Change::PutGroup(..)
        | Change::PutSkill(..)
        | Change::PutUser(_)
        | Change::PutApiKey(..)
        | Change::PutOauthClient(..)
        | Change::PutApplicationToken(..)
        | Change::PutConnection(..)
        | Change::PutGatewayRule(_)
        | Change::DeleteGatewayRule(_)
        | Change::DeleteAccount(_)
        | Change::DeleteUser(_)
        | Change::DeleteProfile(..)
        | Change::DeleteGroup(..)
        | Change::DeleteSkill(..)
        | Change::DeleteApiKey(..)
        | Change::DeleteOauthClient(..)
        | Change::DeleteApplicationToken(..)
        | Change::DeleteConnection(..)
        | Change::PutAdministrationToken(_)
        | Change::DeleteAdministrationToken(_)
        | Change::RememberAnswer { .. } => "admin/store_failures.rs: every change that is asked for",
        Change::PutAdministrator(_) | Change::DeleteAdministrator(_) => "admin/store_failures.rs",
        Change::ActivateMasterKey { .. }
        | Change::RetireMasterKey { .. }
        | Change::ForgetAnswersUnder(_)
        | Change::Reseal { .. }
        | Change::RedoDigest { .. } => "master_keys.rs",
        Change::NoteLastUses(_) | Change::TouchApplications(_) | Change::Audit(_) => {
            "retries.rs, background.rs"
        }
        Change::CountTraffic(_) => "traffic.rs",
        Change::ReplacePasswordHash { .. } | Change::TouchAdministrationToken { .. } => "retries.rs: later",
        Change::ForgetAnswers { .. }
        | Change::ForgetExpired { .. }
        | Change::IndexAudit
        | Change::PruneAudit { .. }
        | Change::AgeTraffic { .. }
        | Change::TrimChanges { .. } => "nobody is told; what is old is found again",
        Change::ConsumeOnce { .. } | Change::NoteFederatedLogin(_) | Change::CopyFederatedLogins { .. } => {
            "with the session that is opened"
        }
        Change::NoteFederatedLogout(_) => "sso/ends.rs: with the message that is used up",
        Change::PutSigningKey(_) | Change::DeleteSigningKey(_) => {
            "all or nothing: a key that is not stored signs nothing"
        }
        Change::RotateRefreshToken { .. } => "all or nothing: the token that was not used counts",
        Change::DecideOnSessions(_) => "nothing decides beside another process yet",
        Change::ExpectUnchanged { .. } | Change::ExpectMasterKey(_) | Change::Probe => "changes nothing",
    }
}

/// A server with one session that is to end, and those who ask for it.
struct Scene {
    server: TestServer,
    owner: String,
    session: (String, String),
    user: User,
}

impl Scene {
    async fn of(cause: Cause) -> Self {
        let (server, owner) = with_owner().await;
        let is_bot = matches!(cause, Cause::DisableKey | Cause::DeleteKey | Cause::EndOfApplication);
        let (name, login) = if is_bot {
            ("bot", server.log_in_with_key("bot", &Key::BOT).await)
        } else {
            ("name", server.log_in("name", "password").await)
        };
        let session = session_of(login).await;
        let user = server.fixture.users.iter().find(|user| user.login_name == name).unwrap().clone();
        Self { server, owner, session, user }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> u16 {
        let request = self.server.admin_request(method, &format!("/admin/v1/{path}"));
        let mut request = request.bearer_auth(&self.owner).header("if-match", "*");
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn reference(&self) -> String {
        let path = format!("/admin/v1/sessions?account={ACCOUNT}");
        let answer =
            self.server.admin_request(Method::GET, &path).bearer_auth(&self.owner).send().await.unwrap();
        let list: Value = answer.json().await.unwrap();
        list["sessions"][0]["reference"].as_str().unwrap().to_owned()
    }

    /// The status of who asks for it; what another process changes has none, but this one says whether it is done.
    async fn bring_about(&self, cause: Cause, through: Through, reference: &str) -> u16 {
        let done = |done: bool| if done { 200 } else { 500 };
        match through {
            Through::Request => self.request(cause, reference).await,
            Through::Following => {
                self.server.store.commit(vec![self.change(cause)]).await.unwrap();
                done(self.server.auth.follow().await.is_ok())
            }
            Through::Sweep => {
                self.server.clock.advance(Duration::from_hours(24));
                done(self.server.auth.sweep(self.server.clock.now()).await.is_ok())
            }
        }
    }

    async fn request(&self, cause: Cause, reference: &str) -> u16 {
        let account = format!("accounts/{ACCOUNT}");
        let user = format!("{account}/users/{}", self.user.id);
        let key = format!("{account}/api-keys/1");
        let (method, path, body) = match cause {
            Cause::LogOut | Cause::Expiry => return self.server.log_out(&self.session).await,
            Cause::EndOne => (Method::DELETE, format!("sessions/{reference}"), None),
            Cause::EndOfUser => (Method::DELETE, format!("{user}/sessions"), None),
            Cause::EndOfApplication => (Method::DELETE, format!("{account}/applications/1/sessions"), None),
            Cause::EndOfAccount => (Method::DELETE, format!("{account}/sessions"), None),
            Cause::SetPassword => {
                (Method::PUT, format!("{user}/password"), Some(json!({ "password": "An0ther-pass" })))
            }
            Cause::DisableUser => (Method::PATCH, user, Some(json!({ "enabled": false }))),
            Cause::DeleteUser => (Method::DELETE, user, None),
            Cause::DisableKey => (Method::PATCH, key, Some(json!({ "enabled": false }))),
            Cause::DeleteKey => (Method::DELETE, key, None),
            Cause::DisableAccount => (Method::PATCH, account, Some(json!({ "state": "disabled" }))),
            Cause::SsoOnly => (Method::PATCH, account, Some(json!({ "sign_on": "sso-only" }))),
            Cause::DeleteAccount => (Method::DELETE, account, None),
        };
        self.ask(method, &path, body).await
    }

    fn change(&self, cause: Cause) -> Change {
        let (fixture, user) = (&self.server.fixture, self.user.clone());
        let account = fixture.account.clone();
        match cause {
            Cause::SetPassword => {
                let credential_version = user.credential_version + 1;
                Change::PutUser(User { credential_version, ..user }.into())
            }
            Cause::DisableUser => Change::PutUser(User { enabled: false, ..user }.into()),
            Cause::DeleteUser => Change::DeleteUser(user.id),
            Cause::DisableKey => {
                Change::PutApiKey(account.id, ApiKey { enabled: false, ..fixture.api_key.clone() }.into())
            }
            Cause::DeleteKey => Change::DeleteApiKey(account.id, fixture.api_key.id),
            Cause::SsoOnly => {
                Change::PutAccount(vestibule_model::Account { sign_on: SignOn::SsoOnly, ..account }.into())
            }
            Cause::DisableAccount => {
                let state = AccountState::Disabled;
                Change::PutAccount(vestibule_model::Account { state, ..account }.into())
            }
            _ => Change::DeleteAccount(account.id),
        }
    }

    async fn is_stored(&self) -> bool {
        stored(&self.server).await.iter().any(|session| session.user == self.user.id)
    }

    /// How many entries tell of ends of the user's sessions.
    async fn told(&self) -> usize {
        let query = AuditQuery {
            user: Some(self.user.id),
            action: Some(AuditAction::SessionEnded),
            limit: 100,
            ..AuditQuery::default()
        };
        self.server.auth.audit(query).await.unwrap().entries.len()
    }
}

#[tokio::test]
async fn s3_f2_an_end_that_the_journal_keeps_is_done_and_stays_done() {
    for (cause, through) in LINES {
        let mut scene = Scene::of(cause).await;
        let reference = scene.reference().await;
        scene.server.faults.fail(Fault::commits_with(Change::ends_sessions));
        let status = scene.bring_about(cause, through, &reference).await;
        // An expired session is told by its own times: there is nothing to keep, and the sweep says that it was not done.
        assert_eq!(status < 300, through != Through::Sweep, "{cause:?} {through:?}: {status}");
        assert_eq!(scene.server.refresh(&scene.session).await, 401, "{cause:?} {through:?}");
        assert!(scene.is_stored().await, "{cause:?} {through:?}: the store was to refuse it");
        scene.server.restart().await;
        assert_eq!(scene.server.refresh(&scene.session).await, 401, "{cause:?} {through:?}, after a restart");
        scene.server.faults.heal();
        scene.server.auth.flush().await.unwrap();
        if through == Through::Sweep {
            // What was dead when it was read is looked at in its turn.
            scene.server.clock.advance(Duration::from_hours(1));
            scene.server.auth.sweep(scene.server.clock.now()).await.unwrap();
        }
        assert!(!scene.is_stored().await, "{cause:?} {through:?}: it is not tried again");
        assert_eq!(scene.told().await, 1, "{cause:?} {through:?}");
        assert_eq!(
            scene.server.refresh(&scene.session).await,
            401,
            "{cause:?} {through:?}, when it is stored"
        );
    }
}

#[tokio::test]
async fn s3_f2_an_end_that_nothing_keeps_is_told_as_failed_and_tried_again() {
    for (cause, through) in LINES {
        let scene = Scene::of(cause).await;
        let reference = scene.reference().await;
        scene.server.faults.fail(Fault::commits_with(Change::ends_sessions));
        scene.server.journal.refuse();
        let status = scene.bring_about(cause, through, &reference).await;
        assert!(status >= 500, "{cause:?} {through:?}: {status}");
        assert_eq!(scene.server.refresh(&scene.session).await, 401, "{cause:?} {through:?}");
        assert!(scene.server.auth.flush().await.is_err(), "{cause:?} {through:?}");
        assert_eq!(scene.server.refresh(&scene.session).await, 401, "{cause:?} {through:?}");
        scene.server.faults.heal();
        scene.server.auth.flush().await.unwrap();
        assert!(!scene.is_stored().await, "{cause:?} {through:?}: it is not tried again");
        assert_eq!((scene.told().await, scene.server.auth.ends_at_risk()), (1, 0), "{cause:?} {through:?}");
    }
}

/// Whoever opens a session while an end of many that means it is being stored has none afterwards, and is told so; a later login
/// has one. The end waits in the store between its decision and its answer.
#[tokio::test]
async fn s6_a_login_beside_an_end_of_many_leaves_no_session() {
    for cause in [Cause::EndOfUser, Cause::EndOfAccount, Cause::EndOfApplication] {
        let scene = Scene::of(cause).await;
        let reference = scene.reference().await;
        let opens = scene.server.faults.hold(|change| matches!(change, Change::OpenSession(_)));
        let log_in = async {
            match cause {
                Cause::EndOfApplication => {
                    scene.server.log_in_with_key("bot", &Key::BOT).await.status().as_u16()
                }
                _ => scene.server.log_in("name", "password").await.status().as_u16(),
            }
        };
        let end = async {
            opens.reached().await;
            let status = scene.request(cause, &reference).await;
            opens.open();
            status
        };
        let (opened, ended) = tokio::join!(log_in, end);
        assert_eq!((opened, ended), (401, 200), "{cause:?}");
        assert!(!scene.is_stored().await, "{cause:?}");
        assert_eq!(scene.told().await, 2, "{cause:?}: each session once");
        let later = match cause {
            Cause::EndOfApplication => scene.server.log_in_with_key("bot", &Key::BOT).await,
            _ => scene.server.log_in("name", "password").await,
        };
        assert_eq!(scene.server.refresh(&session_of(later).await).await, 200, "{cause:?}");
        assert!(scene.is_stored().await, "{cause:?}");
    }
}

/// What was opened after the decision stays, also where the end meets it in the store, and in the same millisecond.
#[tokio::test]
async fn s3_a_login_between_the_decision_and_its_commit_stays() {
    for cause in [Cause::EndOfUser, Cause::EndOfAccount] {
        let scene = Scene::of(cause).await;
        let reference = scene.reference().await;
        let ends = scene.server.faults.delay(|change| matches!(change, Change::EndSessions(_)));
        let log_in = async {
            ends.reached().await;
            assert_eq!(
                scene.server.refresh(&scene.session).await,
                401,
                "{cause:?}: refused from the decision on"
            );
            let later = session_of(scene.server.log_in("name", "password").await).await;
            ends.open();
            later
        };
        let (ended, later) = tokio::join!(scene.request(cause, &reference), log_in);
        assert_eq!(ended, 200, "{cause:?}");
        assert_eq!((scene.server.refresh(&later).await, scene.told().await), (200, 1), "{cause:?}");
        assert!(scene.is_stored().await, "{cause:?}");
    }
}

/// So it does when the end is tried again after the clock was set back.
#[tokio::test]
async fn s3_f3_an_end_that_is_tried_again_ends_no_later_session() {
    let scene = Scene::of(Cause::EndOfUser).await;
    scene.server.faults.fail(Fault::commits_with(Change::ends_sessions).times(1));
    assert_eq!(scene.request(Cause::EndOfUser, "").await, 200);
    let earlier = scene.server.clock.now().minus(Duration::from_mins(5));
    scene.server.clock.set(earlier);
    let later = session_of(scene.server.log_in("name", "password").await).await;
    scene.server.auth.flush().await.unwrap();
    assert_eq!(scene.server.refresh(&scene.session).await, 401);
    assert_eq!(scene.server.refresh(&later).await, 200);
    assert_eq!((stored(&scene.server).await.len(), scene.told().await), (2, 1), "theirs, and the owner's");
}

/// A change of password is all or nothing: where the store does not take it, nothing has ended.
#[tokio::test]
async fn a_change_of_password_that_is_not_stored_ends_nothing() {
    let scene = Scene::of(Cause::LogOut).await;
    let change = async || {
        let body = json!({
            "clientName": "TEST", "userName": "name", "password": "password", "newPassword": "An0ther-pass",
        });
        scene.server.post("/session/password", &body).await.status().as_u16()
    };
    scene.server.faults.fail(Fault::commits_with(Change::ends_sessions));
    assert!(change().await >= 500);
    assert_eq!(scene.server.refresh(&scene.session).await, 200);
    scene.server.faults.heal();
    assert!(change().await < 300);
    assert_eq!(scene.server.refresh(&scene.session).await, 401);
    assert_eq!((scene.is_stored().await, scene.told().await), (false, 1));
}

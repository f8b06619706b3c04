//! What administrators see of the last hours.

use reqwest::Method;
use vestibule_auth::{AdministrationError, FigureCounts, FigurePoint, Figures};
use vestibule_model::Clock as _;
use vestibule_testkit::ACCOUNT;

use super::support::Instance;

impl Instance {
    async fn figures(&self, bearer: &str) -> Result<Figures, AdministrationError> {
        let administration = self.server.auth.administration();
        administration.figures(&administration.administrator(bearer, None, self.server.clock.now()).await?)
    }

    /// What was counted between the last two looks.
    async fn last(&self) -> FigurePoint {
        *self.figures(&self.owner).await.unwrap().hour.last().expect("two looks")
    }
}

#[tokio::test]
async fn logins_and_checks_are_counted_between_looks() {
    let instance = Instance::start().await;
    let server = &instance.server;
    server.auth.note_figures();
    let login = server.log_in("name", "password").await;
    let bearer = login.json::<serde_json::Value>().await.unwrap()["bearer"].as_str().unwrap().to_owned();
    server.log_in("name", "wrong").await;
    for _ in 0..2 {
        server.request(Method::GET, "/gateway/check").bearer_auth(&bearer).send().await.unwrap();
    }
    server.get("/gateway/check").await;
    server.auth.note_figures();
    let point = instance.last().await;
    let expected = FigureCounts {
        logins: 1,
        logins_refused: 1,
        checks: 2,
        checks_refused: 1,
        hashes: 2,
        ..FigureCounts::default()
    };
    assert_eq!(FigureCounts { hash_busy_micros: 0, ..point.counts }, expected);
    assert_eq!(point.sessions, 2, "the owner's and the user's");
}

#[tokio::test]
async fn a_quiet_time_is_a_point_of_nothing() {
    let instance = Instance::start().await;
    instance.server.auth.note_figures();
    instance.server.auth.note_figures();
    assert_eq!(instance.last().await.counts, FigureCounts::default());
}

#[tokio::test]
async fn figures_are_for_those_who_see_the_installation() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("watch", "auditor", None).await;
    let (of_account, _) = instance.token("one", "administrator", Some(ACCOUNT)).await;
    assert!(instance.figures(&auditor).await.is_ok());
    assert!(matches!(instance.figures(&of_account).await, Err(AdministrationError::NotAllowed)));
}

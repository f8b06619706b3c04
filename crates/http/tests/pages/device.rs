//! A device with an authenticator app, and what a page or the audit tells about second factors.

use std::time::Duration;

use totp_rs::{Builder, Secret};
use vestibule_model::{AuditAction, Clock as _, Refusal};
use vestibule_store::AuditQuery;
use vestibule_testkit::TestServer;

use crate::browser::Shown;

/// A device, as far as it goes by the server's clock.
pub(crate) struct Device<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) secret: String,
}

impl Device<'_> {
    pub(crate) fn code(&self) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let now = u64::try_from(self.server.clock.now().as_unix()).unwrap() / 1_000;
        Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string()
    }

    /// The code of the next step, which was not shown yet.
    pub(crate) fn next_code(&self) -> String {
        self.server.clock.advance(Duration::from_secs(30));
        self.code()
    }
}

pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1.split(end).next().unwrap()
}

pub(crate) fn codes(shown: &Shown) -> Vec<String> {
    let list = between(&shown.html, r#"<ul class="codes">"#, "</ul>");
    list.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect()
}

/// Why logins were refused, newest first.
pub(crate) async fn refusals(server: &TestServer) -> Vec<Refusal> {
    let page = server.auth.audit(AuditQuery { limit: 100, ..AuditQuery::default() }).await.unwrap();
    let refused = page.entries.iter().filter(|entry| entry.record.action == AuditAction::LogInRefused);
    refused
        .filter_map(|entry| match entry.record.reason {
            Some(vestibule_model::AuditReason::Refused(why)) => Some(why),
            _ => None,
        })
        .collect()
}

//! A browser at the account's pages.

use std::ops::Deref;

use vestibule_testkit::{ACCOUNT, TestServer};
pub(crate) use vestibule_testkit::{Shown, form};

/// A browser with its cookies.
pub(crate) struct Browser(vestibule_testkit::Browser);

impl Deref for Browser {
    type Target = vestibule_testkit::Browser;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The path of the account's page below `/me/`.
pub(crate) fn own(path: &str) -> String {
    format!("/me/{ACCOUNT}/{path}")
}

impl Browser {
    pub(crate) fn of(server: &TestServer) -> Self {
        Self(vestibule_testkit::Browser::at(server.address()))
    }

    /// A browser that is signed in as `name`.
    pub(crate) async fn signed_in(server: &TestServer) -> Self {
        let browser = Self::of(server);
        let shown = browser.log_in("name", "password").await;
        assert_eq!((shown.status, shown.header("location")), (303, own("").as_str()), "{}", shown.html);
        browser
    }

    /// Signs in on the account's page.
    pub(crate) async fn log_in(&self, user_name: &str, password: &str) -> Shown {
        self.log_in_at(&own("login"), user_name, password).await
    }

    /// The same on a page of this address.
    pub(crate) async fn log_in_at(&self, page: &str, user_name: &str, password: &str) -> Shown {
        let shown = self.get(page).await;
        let csrf = shown.hidden("csrf");
        let wanted =
            if shown.html.contains(r#"name="continue""#) { shown.hidden("continue") } else { String::new() };
        let wanted = wanted.replace("&#38;", "&");
        let fields = [
            ("csrf", csrf.as_str()),
            ("continue", &wanted),
            ("user_name", user_name),
            ("password", password),
        ];
        self.post(page.split('?').next().unwrap(), &fields).await
    }
}

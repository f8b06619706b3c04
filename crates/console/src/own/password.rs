//! `/console/own/password`: the caller's own password is changed. All of their sessions end, this one too.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, AdministratorCredentials, AdministratorsPlace};
use vestibule_model::Dialect;
use vestibule_pages::Notice;
use zeroize::Zeroizing;

use super::tabs;
use crate::cookies::SESSION;
use crate::forms::{Field, Form, FormSpec, Values, secret};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::{HOME, LOGIN};
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

struct OwnPassword;

impl FormSpec for OwnPassword {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "Password").with_tabs(tabs(viewer.path))
    }

    fn fields(&self, _: &Values) -> Vec<Field> {
        let code = "The six digits that your authenticator app shows now, or a recovery code. Leave it empty if you have no second factor.";
        vec![
            Field::secret("password", "Present password").filled_by("current-password").needed(),
            Field::secret("code", "Code").filled_by("one-time-code").hint(code),
            Field::secret("new_password", "New password")
                .hint("All of your sessions end, and you sign in again with the new one.")
                .needed(),
            Field::secret("again", "New password, once more").needed(),
        ]
    }

    fn deed(&self) -> String {
        "Change password".to_owned()
    }

    fn back(&self) -> String {
        HOME.to_owned()
    }
}

/// `GET`.
pub(crate) async fn show(signed_in: SignedIn) -> Response {
    Form::of(&OwnPassword, signed_in.viewer(), &Values::default()).page()
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let form = || Form::of(&OwnPassword, signed_in.viewer(), &Values::default());
    let typed = |name| secret(&fields, name).unwrap_or_default();
    let new = typed("new_password");
    if new != typed("again") {
        let reason = Notice::NotTheSame.to_string();
        return form().refused(AdministrationError::invalid("again", reason.trim_end_matches('.')));
    }
    let code = typed("code");
    let shown = AdministratorCredentials {
        user_name: signed_in.caller.name().to_owned(),
        password: Zeroizing::new(typed("password").as_bytes().to_vec()),
        code: Some(code.to_string()).filter(|code| !code.is_empty()),
    };
    let at = AdministratorsPlace { dialect: Dialect::Pages, address: signed_in.request.address };
    let now = console.clock.now();
    match console.administration().change_administrator_password(shown, new, at, now).await {
        Ok(()) => {
            let mut answer = answer::see_other(&format!("{LOGIN}?done=password-changed"));
            SESSION.clear(answer.headers_mut(), signed_in.request.secure);
            Ok(answer)
        }
        Err(error) => form().refused(error),
    }
}

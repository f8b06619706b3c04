//! A login that shows the password and the code in one request, where no browser keeps anything between two steps.

use std::sync::Arc;

use vestibule_model::{AuthenticationMethod, Means};

use crate::attempt::ProvedUser;
use crate::audit::Attempt;
use crate::eligibility;
use crate::log_in::{LogIn, LogInError, LoggedIn, UserCredentials};
use crate::recognise::Proof;
use crate::service::Auth;

impl Auth {
    /// Logs a user in by password and, where they have a second factor, a code of it. Without a code such a user is refused
    /// ([`crate::IneligibleReason::SecondFactor`]), after the right password and not before; of a user who has none a code is not
    /// looked at. Otherwise as [`Auth::log_in_user`].
    pub async fn log_in_at_once(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
        code: Option<&str>,
    ) -> Result<LoggedIn, LogInError> {
        credentials.expect_length()?;
        let attempt = Attempt::to_log_in(at, Means::Password);
        self.admit(attempt, &credentials.user_name)?;
        let (auth, code) = (Arc::clone(self), code.map(str::to_owned));
        let whole = async move {
            let proved = auth.prove(attempt, credentials).await?;
            let ProvedUser { entry, user } = &proved;
            let Some(code) = code.filter(|_| user.second_factor.is_some()) else {
                return auth.open_for(attempt, proved, Proof::NONE, AuthenticationMethod::Password).await;
            };
            let eligible = eligibility::of_user(entry, user, at.now);
            eligible.map_err(|reason| auth.audit.refused(attempt, user.id, reason))?;
            let proof = auth.prove_code(attempt, entry, user, &code)?;
            auth.open_by_factor(attempt, proved, None, proof).await
        };
        self.settle(at, whole).await
    }
}

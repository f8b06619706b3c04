//! The form of application tokens.

use vestibule_auth::{AdministrationError, PendingCreation, TokenWithText};
use vestibule_model::{AccountId, ApplicationToken};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::form_api_key::name_and_state;
use super::formed::{Formed, Keyed, Offered};
use super::{Kind, Of};
use crate::forms::{Field, Made, Values, secret};

/// What a program needs of a token, as pages call it.
pub(crate) const APPLICATION_TOKEN: &str = "Application token";

/// A token whose text is shown now, and never again.
pub(crate) fn shown_token(account: AccountId, made: &TokenWithText) -> Made {
    ApplicationToken::shown_once(account, made)
}

impl Formed for ApplicationToken {
    const OF: Kind = Kind::ApplicationTokens;

    fn first() -> Values {
        let mut values = Values::default();
        values.set_on("enabled", true);
        values
    }

    fn fields(values: &Values, _: &Offered) -> Vec<Field> {
        name_and_state(values).into()
    }

    fn new_fields(_: &Values, offered: &Offered) -> Vec<Field> {
        let field = || Field::secret("token", "Its text").hint("Made unless one is given.");
        offered.may_bring.then(field).into_iter().collect()
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values.set_on("enabled", self.enabled);
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        self.enabled = values.is_on("enabled");
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let given = secret(fields, "token");
        let fill = |mut blank: Self| {
            blank.apply(values)?;
            Ok(blank)
        };
        let stored = |made: &TokenWithText| Self::shown_once(of.account, made).stored();
        let answer = pending.with_response(&stored);
        let made =
            of.administration.make_application_token(of.caller, of.account, given, fill, answer).await?;
        Ok(Self::shown_once(of.account, &made))
    }
}

impl Keyed<1> for ApplicationToken {
    fn given(made: &TokenWithText) -> Vec<(&'static str, Zeroizing<String>)> {
        let [text] = &made.secrets;
        vec![(APPLICATION_TOKEN, text.clone())]
    }
}

//! The values that applications prove themselves by: generated, or given by somebody who moves in with their own.

use vestibule_crypto::random_hex;
use vestibule_model::Rng;
use zeroize::Zeroizing;

use super::AdministrationError;
use crate::rules::check_value;

/// One of the values of an API key, an OAuth client or an application token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationValue {
    /// The consumer key of an API key.
    AppKey,
    /// Its consumer secret.
    KeySecret,
    /// Its token.
    AccessToken,
    /// Its token secret.
    AccessTokenSecret,
    /// The id of an OAuth client.
    ClientId,
    /// Its secret.
    ClientSecret,
    /// The text of an application token.
    ApplicationToken,
}

impl ApplicationValue {
    /// What people call it.
    pub const fn field(self) -> &'static str {
        match self {
            Self::AppKey => "app_key",
            Self::KeySecret | Self::ClientSecret => "secret",
            Self::AccessToken => "access_token",
            Self::AccessTokenSecret => "access_token_secret",
            Self::ClientId => "client_id",
            Self::ApplicationToken => "token",
        }
    }

    /// A new one: hexadecimal digits.
    pub fn generate(self, rng: &dyn Rng) -> String {
        let bytes = match self {
            Self::AppKey | Self::AccessToken | Self::ClientId | Self::ApplicationToken => 16,
            Self::KeySecret | Self::AccessTokenSecret => 8,
            Self::ClientSecret => 32,
        };
        random_hex(rng, bytes)
    }

    /// The one that is given, or a new one.
    pub(super) fn or_new(
        self,
        given: Option<Zeroizing<String>>,
        rng: &dyn Rng,
    ) -> Result<Zeroizing<String>, AdministrationError> {
        let Some(given) = given else { return Ok(self.generate(rng).into()) };
        check_value(self, &given)?;
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use vestibule_crypto::OsRng;

    use super::*;

    const ALL: [ApplicationValue; 7] = [
        ApplicationValue::AppKey,
        ApplicationValue::KeySecret,
        ApplicationValue::AccessToken,
        ApplicationValue::AccessTokenSecret,
        ApplicationValue::ClientId,
        ApplicationValue::ClientSecret,
        ApplicationValue::ApplicationToken,
    ];

    fn given(value: ApplicationValue, text: &str) -> Result<String, String> {
        let read = value.or_new(Some(text.to_owned().into()), &OsRng);
        read.map(|text| text.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn generated_values_are_as_long_as_the_contracts_have_them() {
        let lengths = ALL.map(|value| value.generate(&OsRng).len());
        assert_eq!(lengths, [32, 16, 32, 16, 32, 64, 32]);
    }

    #[test]
    fn a_generated_value_may_be_given_as_well() {
        for value in ALL {
            let generated = value.generate(&OsRng);
            assert_eq!(given(value, &generated), Ok(generated), "{value:?}");
        }
    }

    #[test]
    fn a_secret_that_is_given_has_sixteen_characters_and_an_identifier_may_have_one() {
        for value in ALL {
            let is_identifier = ["app_key", "access_token", "client_id"].contains(&value.field());
            assert_eq!(given(value, "a").is_ok(), is_identifier, "{value:?}");
            assert_eq!(given(value, &"a".repeat(15)).is_ok(), is_identifier, "{value:?}");
            assert!(given(value, &"a".repeat(16)).is_ok(), "{value:?}");
        }
    }

    #[test]
    fn what_may_not_be_given_is_not_repeated() {
        for value in ALL {
            for text in ["", "two words, and long ones", "zwölf-oder-dreizehn", &"a".repeat(255)] {
                let refusal = given(value, text).unwrap_err();
                assert!(refusal.starts_with(value.field()), "{refusal}");
                assert!(text.is_empty() || !refusal.contains(text), "{refusal}");
            }
        }
    }
}

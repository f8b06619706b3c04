//! `/console/new-gateway-rule`: a rule of the gate is made.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PendingCreation, Scope};
use vestibule_model::{GatewayRule, GatewayRuleSettings};
use vestibule_serve::forms::Fields;

use super::{fields, rule_address};
use crate::ConsoleState;
use crate::forms::{Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::GATEWAY_RULES;
use crate::signed_in::{Posted, SignedIn};

struct NewRuleForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
}

impl FormSpec for NewRuleForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "New gateway rule").below([("Gateway rules", GATEWAY_RULES)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let name = Field::text("name", "Name", values)
            .hint("Gateways name it in their configuration: a-z, 0-9 and -. It stays as it is.")
            .longest(GatewayRule::LONGEST_NAME)
            .needed();
        std::iter::once(name).chain(fields::fields(values)).collect()
    }

    fn deed(&self) -> String {
        "Make the rule".to_owned()
    }

    fn back(&self) -> String {
        GATEWAY_RULES.to_owned()
    }
}

impl MakeForm for NewRuleForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    async fn make(
        &self,
        values: &Values,
        _fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let mut settings = GatewayRuleSettings::default();
        fields::apply(values, &mut settings)?;
        let rule = GatewayRule { name: values.text("name"), settings };
        let made = |rule: &GatewayRule| Made::at(rule_address(&rule.name));
        let stored = |rule: &GatewayRule| made(rule).stored();
        let is_new = |present: Option<&GatewayRule>| match present {
            Some(_) => Err(AdministrationError::Taken("name")),
            None => Ok(()),
        };
        let (administration, answer) = (self.console.administration(), pending.with_response(&stored));
        let rule = administration.set_gateway_rule(&self.signed_in.caller, rule, is_new, answer).await?;
        Ok(made(&rule))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let values = fields::values(&GatewayRuleSettings::default());
    show_make(&console, &signed_in, &NewRuleForm { console: &console, signed_in: &signed_in }, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    make(&console, &posted, &NewRuleForm { console: &console, signed_in: &posted.signed_in }).await
}

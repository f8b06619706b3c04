//! `/console/gateway-rules/{name}/edit`: what a rule of the gate asks for is changed.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Idempotency, Scope};
use vestibule_model::{GatewayRule, visible};

use super::in_words::summary;
use super::{fields, rule_address};
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::GATEWAY_RULES;
use crate::signed_in::{Posted, SignedIn};

struct RuleForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    name: &'a str,
}

impl FormSpec for RuleForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let own = rule_address(self.name);
        Frame::of(viewer, format!("Edit {}", self.name))
            .below([("Gateway rules", GATEWAY_RULES), (self.name, &own)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        fields::fields(values)
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        rule_address(self.name)
    }
}

impl EditForm for RuleForm<'_> {
    type Thing = GatewayRule;

    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    fn present(&self) -> Result<GatewayRule, AdministrationError> {
        self.console.administration().gateway_rule(&self.signed_in.caller, self.name)
    }

    fn values(&self, rule: &GatewayRule) -> Values {
        fields::values(&rule.settings)
    }

    fn apply(&self, values: &Values, rule: &mut GatewayRule) -> Result<(), AdministrationError> {
        fields::apply(values, &mut rule.settings)
    }

    async fn consequences(
        &self,
        before: &GatewayRule,
        after: &GatewayRule,
    ) -> Result<Vec<String>, AdministrationError> {
        let (before, after) = (summary(&before.settings), summary(&after.settings));
        let told = (before != after).then(|| visible(&after));
        Ok(told.into_iter().chain(["It counts at the next check of a gateway.".to_owned()]).collect())
    }

    async fn change(
        &self,
        edit: impl Fn(&mut GatewayRule) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&GatewayRule) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let mut wanted = self.present()?;
        edit(&mut wanted)?;
        let unchanged = |present: Option<&GatewayRule>| {
            unchanged(present.ok_or(AdministrationError::NotFound("gateway rule"))?)
        };
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        administration.set_gateway_rule(caller, wanted, unchanged, Idempotency::none()).await.map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let name = place.text("name")?;
    show_edit(&signed_in, &RuleForm { console: &console, signed_in: &signed_in, name })
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let name = place.text("name")?;
    edit(&posted, &RuleForm { console: &console, signed_in: &posted.signed_in, name }).await
}

//! `vestibule gateway-rule …`

use super::crud::{Collection, list_of};
use crate::client::{Extent, Fields, ResourcePath, Service};
use crate::command_line::{GatewayRuleAction, SetGatewayRule};

fn rules() -> Collection {
    Collection {
        place: ResourcePath::of("gateway-rules"),
        what: "gateway rule",
        plural: "gateway rules",
        columns: &[
            "name",
            "credentials",
            "accounts",
            "applications",
            "user_kinds",
            "populations",
            "minimum_rank",
            "privileges",
            "paths",
            "refusals",
        ],
        names: &["name"],
    }
}

pub(super) async fn run(service: &Service, action: GatewayRuleAction) -> anyhow::Result<()> {
    let rules = rules();
    match action {
        GatewayRuleAction::List => list_of(service, &rules, &[], Extent::All).await,
        GatewayRuleAction::Show(one) => rules.show(service, &rules.place.at(one.name)).await,
        GatewayRuleAction::Set(set) => {
            let place = rules.place.at(&set.one.name);
            let answer = service.client.put_over(&place, fields(set)?.into_patch()?, &["name"]).await?;
            service.output.show(&answer.body, rules.columns);
            Ok(())
        }
        GatewayRuleAction::Remove(one) => rules.remove(service, &rules.place.at(&one.name), &one.name).await,
    }
}

fn fields(set: SetGatewayRule) -> anyhow::Result<Fields> {
    let mut fields = Fields::default();
    fields.put_list("credentials", &set.credentials);
    fields.put_list("accounts", &set.accounts);
    fields.put_numbers("privileges", "--privileges", &set.privileges)?;
    fields.put_or_none("minimum_rank", set.minimum_rank.as_deref());
    fields.put_list("paths", &set.paths);
    fields.put("refusals", set.refusals);
    fields.assign_all(&set.other.assignments)?;
    Ok(fields)
}

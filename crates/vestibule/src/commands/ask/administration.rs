//! `vestibule administrator …` and `vestibule administration-token …`

use serde_json::json;
use vestibule_auth::HOME;
use vestibule_model::{AccountId, Clock};

use super::crud::{Collection, list_of};
use crate::client::{Extent, Fields, ResourcePath, Service, user_of};
use crate::clock::SystemClock;
use crate::command_line::{AdministrationTokenAction, AdministratorAction, RoleArguments};
use crate::moment;

pub(super) async fn administrators(service: &Service, action: AdministratorAction) -> anyhow::Result<()> {
    let administrators = Collection {
        place: ResourcePath::of("administrators"),
        what: "administrator",
        plural: "administrators",
        columns: &["user", "name", "role", "account", "enabled", "has_second_factor"],
        names: &["name"],
    };
    match action {
        AdministratorAction::List => list_of(service, &administrators, &[], Extent::All).await,
        AdministratorAction::Set(set) => {
            let home: AccountId = HOME.parse()?;
            let user = user_of(&service.client, home, &set.one.user).await?;
            let mut fields = Fields::default();
            write(&set.role, &mut fields);
            let answer = service.client.put(&administrators.place.at(user), &fields.into_body()).await?;
            service.output.show(&answer.body, administrators.columns);
            Ok(())
        }
        AdministratorAction::Remove(one) => {
            let place = administrators.find(service, &one.user).await?;
            administrators.remove(service, &place, &one.user).await
        }
    }
}

pub(super) async fn tokens(service: &Service, action: AdministrationTokenAction) -> anyhow::Result<()> {
    let tokens = Collection {
        place: ResourcePath::of("administration-tokens"),
        what: "administration token",
        plural: "administration tokens",
        columns: &[
            "id",
            "name",
            "role",
            "account",
            "created_by",
            "created",
            "expires",
            "last_used",
            "revoked",
        ],
        names: &["name"],
    };
    match action {
        AdministrationTokenAction::List => list_of(service, &tokens, &[], Extent::All).await,
        AdministrationTokenAction::Show(one) => {
            tokens.show(service, &tokens.find(service, &one.token).await?).await
        }
        AdministrationTokenAction::Create(create) => {
            let expires = moment::read_future("--expires", &create.expires, SystemClock.now())?;
            let mut fields = Fields::default();
            fields.put("name", Some(create.name));
            fields.put("expires", Some(expires.as_unix()));
            write(&create.role, &mut fields);
            tokens.add(service, fields).await
        }
        AdministrationTokenAction::Revoke(one) => {
            let place = tokens.find(service, &one.token).await?;
            let answer = service.client.remove(&place).await?;
            service.output.done(&answer.body, &format!("revoked administration token {}", one.token));
            Ok(())
        }
    }
}

fn write(role: &RoleArguments, fields: &mut Fields) {
    fields.put("role", Some(role.role.clone()));
    fields.put("account", role.account.map(|account| json!(account.to_string())));
}

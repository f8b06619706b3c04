//! `vestibule profile|group|skill|key|client|token …`: what an account has by name.

use clap::Args;
use serde_json::Value;
use vestibule_model::AccountId;

use super::crud::{Collection, extent, list_of};
use crate::client::{Fields, ResourcePath, Service, id_of};
use crate::command_line::{
    ClientFields, GroupFields, KeyFields, ProfileFields, RenewThing, SecretAction, SkillFields, ThingAction,
    TokenFields, UseFields,
};
use crate::{moment, screen};

/// A kind of thing, by what can be set of it.
pub(crate) trait Kind: Args {
    /// The last segment of its collection.
    const COLLECTION: &'static str;
    const WHAT: &'static str;
    const PLURAL: &'static str;
    const COLUMNS: &'static [&'static str];
    /// The fields by which one is found.
    const NAMES: &'static [&'static str] = &["name"];

    /// What the arguments say, as the API has it.
    async fn write(&self, service: &Service, account: AccountId, fields: &mut Fields) -> anyhow::Result<()>;

    /// Those of an account.
    fn of(account: AccountId) -> Collection {
        Collection {
            place: ResourcePath::of("accounts").at(account).at(Self::COLLECTION),
            what: Self::WHAT,
            plural: Self::PLURAL,
            columns: Self::COLUMNS,
            names: Self::NAMES,
        }
    }
}

/// Does what the command line says with things of one kind.
pub(super) async fn run<F: Kind>(service: &Service, action: ThingAction<F>) -> anyhow::Result<()> {
    match action {
        ThingAction::List(list) => list_of(service, &F::of(list.account), &[], extent(&list.pages)).await,
        ThingAction::Show(one) => {
            let things = F::of(one.account);
            things.show(service, &things.find(service, &one.thing).await?).await
        }
        ThingAction::Add(add) => {
            let mut fields = Fields::default();
            fields.put("name", Some(add.name));
            add.fields.write(service, add.account, &mut fields).await?;
            fields.assign_all(&add.other.assignments)?;
            F::of(add.account).add(service, fields).await
        }
        ThingAction::Set(set) => {
            let account = set.one.account;
            let mut fields = Fields::default();
            fields.put("name", set.name);
            set.fields.write(service, account, &mut fields).await?;
            fields.assign_all(&set.other.assignments)?;
            let things = F::of(account);
            let place = things.find(service, &set.one.thing).await?;
            things.set(service, &place, &set.one.thing, fields).await
        }
        ThingAction::Remove(one) => {
            let things = F::of(one.account);
            things.remove(service, &things.find(service, &one.thing).await?, &one.thing).await
        }
    }
}

/// The same with things that have secrets.
pub(super) async fn run_with_secrets<F: Kind>(
    service: &Service,
    action: SecretAction<F>,
) -> anyhow::Result<()> {
    match action {
        SecretAction::Thing(action) => run(service, action).await,
        SecretAction::Renew(renew) => renew_one::<F>(service, renew).await,
        SecretAction::EndOverlap(one) => {
            let place = F::of(one.account).find(service, &one.thing).await?;
            let ended = service.client.remove_of(&place.at("previous-values"), &place).await?;
            service.output.done(&ended.body, &format!("ended the overlap of {} {}", F::WHAT, one.thing));
            Ok(())
        }
    }
}

async fn renew_one<F: Kind>(service: &Service, renew: RenewThing) -> anyhow::Result<()> {
    let overlap = renew.overlap.map(|text| moment::read_span("--overlap", &text)).transpose()?;
    let things = F::of(renew.one.account);
    let place = things.find(service, &renew.one.thing).await?;
    let mut fields = Fields::default();
    fields.put("overlap_seconds", overlap.map(|overlap| overlap.as_secs()));
    let renewed = service.client.create(&place.at("secrets"), &fields.into_body()).await?.body;
    things.show_made(service, &renewed);
    screen::complain(&match renewed.get("previous_values_until").and_then(Value::as_i64) {
        Some(until) => format!("Those before them work until {}.", moment::show(until)),
        None => "Those before them do not work any more.".to_owned(),
    });
    Ok(())
}

impl Kind for ProfileFields {
    const COLLECTION: &'static str = "profiles";
    const WHAT: &'static str = "profile";
    const PLURAL: &'static str = "profiles";
    const COLUMNS: &'static [&'static str] = &["id", "name", "role", "rank", "permissions"];

    async fn write(&self, _: &Service, _: AccountId, fields: &mut Fields) -> anyhow::Result<()> {
        fields.put("role", self.role.clone());
        fields.put_or_none("rank", self.rank.as_deref());
        fields.put_numbers("permissions", "--permissions", &self.permissions)?;
        Ok(())
    }
}

impl Kind for GroupFields {
    const COLLECTION: &'static str = "groups";
    const WHAT: &'static str = "group";
    const PLURAL: &'static str = "groups";
    const COLUMNS: &'static [&'static str] = &["id", "name", "parent"];

    async fn write(&self, service: &Service, account: AccountId, fields: &mut Fields) -> anyhow::Result<()> {
        let parent = match self.parent.as_deref() {
            None => return Ok(()),
            Some("none") => None,
            Some(text) => Some(id_of(&service.client, &Self::of(account).named(), text).await?),
        };
        fields.put("parent", Some(parent));
        Ok(())
    }
}

impl Kind for SkillFields {
    const COLLECTION: &'static str = "skills";
    const WHAT: &'static str = "skill";
    const PLURAL: &'static str = "skills";
    const COLUMNS: &'static [&'static str] = &["id", "name"];

    async fn write(&self, _: &Service, _: AccountId, _: &mut Fields) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Kind for KeyFields {
    const COLLECTION: &'static str = "api-keys";
    const WHAT: &'static str = "API key";
    const PLURAL: &'static str = "API keys";
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "app_key", "enabled", "privileges", "addresses", "last_used"];
    const NAMES: &'static [&'static str] = &["name", "app_key"];

    async fn write(&self, _: &Service, _: AccountId, fields: &mut Fields) -> anyhow::Result<()> {
        fields.put("developer", self.developer.clone());
        fields.put("description", self.description.clone());
        write_use(&self.use_of, fields);
        Ok(())
    }
}

impl Kind for ClientFields {
    const COLLECTION: &'static str = "oauth-clients";
    const WHAT: &'static str = "OAuth client";
    const PLURAL: &'static str = "OAuth clients";
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "client_id", "enabled", "grant_types", "privileges", "addresses", "last_used"];
    const NAMES: &'static [&'static str] = &["name", "client_id"];

    async fn write(&self, _: &Service, _: AccountId, fields: &mut Fields) -> anyhow::Result<()> {
        fields.put("display_name", self.display_name.clone());
        fields.put("description", self.description.clone());
        fields.put_list("grant_types", &self.grants);
        fields.put_list("redirect_uris", &self.redirect_uris);
        fields.put_list("scopes", &self.scopes);
        fields.put("public", self.public);
        fields.put("consent", self.consent);
        fields.put("refresh_rotation", self.refresh_rotation.clone());
        fields.put("resource_server", self.resource_server);
        write_use(&self.use_of, fields);
        Ok(())
    }
}

impl Kind for TokenFields {
    const COLLECTION: &'static str = "application-tokens";
    const WHAT: &'static str = "application token";
    const PLURAL: &'static str = "application tokens";
    const COLUMNS: &'static [&'static str] = &["id", "name", "enabled", "last_used", "requests"];

    async fn write(&self, _: &Service, _: AccountId, fields: &mut Fields) -> anyhow::Result<()> {
        fields.put("enabled", self.enabled);
        Ok(())
    }
}

fn write_use(use_of: &UseFields, fields: &mut Fields) {
    fields.put("enabled", use_of.enabled);
    fields.put_list("privileges", &use_of.privileges);
    fields.put_list("addresses", &use_of.addresses);
}

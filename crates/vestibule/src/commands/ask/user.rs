//! `vestibule user …`

use serde_json::{Value, json};
use vestibule_crypto::OsRng;
use vestibule_model::{AccountId, PasswordPolicy};

use super::crud::{Collection, extent, list_of};
use super::identities;
use super::session::ended;
use super::thing::Kind;
use crate::apply::generated_password;
use crate::client::{
    Fields, ResourcePath, Secret, Service, ServiceError, ask_secret_twice, confirm, id_of, secret_from_stdin,
    user_of,
};
use crate::command_line::{
    AddUser, ClientFields, GroupFields, KeyFields, ListUsers, OneUser, PasswordArguments, ProfileFields,
    RemoveUser, SetPassword, SkillFields, Switch, UserAction, UserFields,
};
use crate::screen;

/// The users of an account.
fn users(account: AccountId) -> Collection {
    Collection {
        place: ResourcePath::of("accounts").at(account).at("users"),
        what: "user",
        plural: "users",
        columns: &[
            "id",
            "login_name",
            "population",
            "kind",
            "full_name",
            "enabled",
            "last_login",
            "locked_at",
            "has_password",
        ],
        names: &["login_name"],
    }
}

pub(super) async fn run(service: &Service, action: UserAction) -> anyhow::Result<()> {
    match action {
        UserAction::List(list) => {
            let query = query_of(&list);
            list_of(service, &users(list.account), &query, extent(&list.pages)).await
        }
        UserAction::Show(one) => {
            let mut user = service.client.get(&place(service, &one).await?, &[]).await?.body;
            if !service.output.is_json() {
                identities::write(service, one.account, &mut user).await?;
            }
            service.output.show(&user, users(one.account).columns);
            Ok(())
        }
        UserAction::Add(add) => self::add(service, *add).await,
        UserAction::Set(set) => {
            let mut fields = Fields::default();
            fields.put("login_name", set.login_name);
            write(service, set.one.account, &set.fields, &mut fields).await?;
            fields.assign_all(&set.other.assignments)?;
            identities::name_by_id(service, set.one.account, &mut fields).await?;
            let place = place(service, &set.one).await?;
            users(set.one.account).set(service, &place, &set.one.user, fields).await
        }
        UserAction::Disable(one) => enable(service, &one, false).await,
        UserAction::Enable(one) => enable(service, &one, true).await,
        UserAction::Unlock(one) => {
            let answer = service.client.post(&place(service, &one).await?.at("unlock"), None).await?;
            service.output.done(&answer.body, &format!("unlocked user {}", one.user));
            Ok(())
        }
        UserAction::ResetSecondFactor(one) => {
            let place = place(service, &one).await?;
            if service.client.get(&place, &[]).await?.body["has_second_factor"] != true {
                service.output.done(&Value::Null, &format!("user {} has no second factor", one.user));
                return Ok(());
            }
            let answer = service.client.end(&place.at("second-factor")).await?;
            let sentence = format!(
                "removed the second factor of user {}: the password alone signs in, or where one is required, only to set up another",
                one.user
            );
            service.output.done(&answer.body, &sentence);
            Ok(())
        }
        UserAction::Password(set) => set_password(service, &set).await,
        UserAction::Remove(RemoveUser { one, yes }) => {
            let place = place(service, &one).await?;
            let question =
                format!("Remove user {} of account {} with their sessions?", one.user, one.account);
            confirm(&question, yes)?;
            users(one.account).remove(service, &place, &one.user).await
        }
        UserAction::EndSessions(one) => ended(service, &place(service, &one).await?.at("sessions")).await,
    }
}

fn query_of(list: &ListUsers) -> Vec<(&'static str, String)> {
    let switch = |switch: Option<Switch>| switch.map(|on| Value::from(on).to_string());
    let of_each = [
        ("text", list.text.clone()),
        ("population", list.population.clone()),
        ("name", list.name.clone()),
        ("kind", list.kind.clone()),
        ("enabled", switch(list.enabled)),
        ("locked", switch(list.locked)),
        ("order", Some(list.order.clone())),
    ];
    of_each.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

async fn place(service: &Service, one: &OneUser) -> anyhow::Result<ResourcePath> {
    let id = user_of(&service.client, one.account, &one.user).await?;
    Ok(users(one.account).place.at(id))
}

async fn add(service: &Service, add: AddUser) -> anyhow::Result<()> {
    let mut fields = Fields::default();
    fields.put("login_name", Some(add.login_name));
    fields.put("population", Some(add.population));
    fields.put("kind", Some(add.kind));
    write(service, add.account, &add.fields, &mut fields).await?;
    fields.assign_all(&add.other.assignments)?;
    identities::name_by_id(service, add.account, &mut fields).await?;
    let password = password(service, add.account, &add.password).await?;
    if let Some(password) = &password {
        fields.put("password", Some(password.reveal()));
        fields.put("must_change_password", Some(add.password.must_change));
    }
    let (users, account) = (users(add.account), add.account);
    let mut made = service.client.create(&users.place, &fields.into_body()).await?.body;
    tell_generated(&mut made, &add.password, password.as_ref());
    users.show_made(service, &made);
    tell_of_no_password(account, &made);
    Ok(())
}

/// Somebody who logs in with a password, and has none, would not find out why they cannot.
fn tell_of_no_password(account: AccountId, made: &Value) {
    let is = |field: &str, value: &Value| made.get(field) == Some(value);
    if is("kind", &"human".into()) && is("has_password", &false.into()) {
        let id = made.get("id").map(Value::to_string).unwrap_or_default();
        screen::complain(format_args!(
            "This user has no password, and cannot log in with one before it is set: vestibule user password {account} {id}"
        ));
    }
}

async fn enable(service: &Service, one: &OneUser, enabled: bool) -> anyhow::Result<()> {
    let place = place(service, one).await?;
    let answer = service.client.change(&place, &json!({ "enabled": enabled })).await?;
    let done = if enabled { "enabled" } else { "disabled" };
    service.output.done(&answer.body, &format!("{done} user {}", one.user));
    Ok(())
}

async fn set_password(service: &Service, set: &SetPassword) -> anyhow::Result<()> {
    let place = place(service, &set.one).await?;
    let password = match password(service, set.one.account, &set.password).await? {
        Some(password) => password,
        None => ask_secret_twice("new password: ", "--password-stdin")?,
    };
    let body = json!({ "password": password.reveal(), "must_change_password": Value::from(set.password.must_change) });
    let answer = service.client.set(&place.at("password"), &place, &body).await?;
    if set.password.generate_password {
        let mut shown = json!({});
        tell_generated(&mut shown, &set.password, Some(&password));
        users(set.one.account).show_made(service, &shown);
    } else {
        service.output.done(&answer.body, &format!("set the password of user {}", set.one.user));
    }
    Ok(())
}

/// The password that is to be set, from where the arguments say; None: they say nothing.
async fn password(
    service: &Service,
    account: AccountId,
    from: &PasswordArguments,
) -> anyhow::Result<Option<Secret>> {
    if from.ask_password {
        return ask_secret_twice("new password: ", "--password-stdin").map(Some);
    }
    if from.password_stdin {
        return secret_from_stdin("--password-stdin").map(Some);
    }
    if !from.generate_password {
        return Ok(None);
    }
    let account = service.client.get(&ResourcePath::of("accounts").at(account), &[]).await?.body;
    let policy = account.get("password_policy").cloned().unwrap_or(Value::Null);
    let policy: PasswordPolicy = serde_json::from_value(policy).unwrap_or_default();
    let password = generated_password(&policy, &OsRng)
        .ok_or_else(|| anyhow::anyhow!("no password could be generated under the account's policy"))?;
    Ok(Some(Secret::new(password)))
}

/// A generated password goes with what is shown, the one time, because nobody else has it.
fn tell_generated(shown: &mut Value, from: &PasswordArguments, password: Option<&Secret>) {
    if let Some(password) = password.filter(|_| from.generate_password) {
        shown["password"] = password.reveal().into();
    }
}

async fn write(
    service: &Service,
    account: AccountId,
    user: &UserFields,
    fields: &mut Fields,
) -> anyhow::Result<()> {
    fields.put("full_name", user.full_name.clone());
    fields.put("nickname", user.nickname.clone());
    fields.put("email", user.email.clone());
    fields.put("enabled", user.enabled);
    fields.put("max_chats", user.max_chats);
    fields.put("max_async_chats", user.max_async_chats);
    fields.put("profiles", ids::<ProfileFields>(service, account, &user.profiles).await?);
    fields.put("skills", ids::<SkillFields>(service, account, &user.skills).await?);
    fields.put("manager_of", ids::<GroupFields>(service, account, &user.manages).await?);
    identities::put(&user.identities, fields)?;
    if let Some(group) = &user.group {
        let group = ids::<GroupFields>(service, account, std::slice::from_ref(group)).await?;
        fields.put("member_of", Some(group.unwrap_or_default().first().copied()));
    }
    if let Some(key) = &user.app_key {
        fields.put("allowed_app_key", Some(app_key(service, account, key).await?));
    }
    Ok(())
}

/// The ids of things of a kind; None: there is nothing to set.
async fn ids<K: Kind>(
    service: &Service,
    account: AccountId,
    texts: &[String],
) -> anyhow::Result<Option<Vec<i64>>> {
    let Some(texts) = crate::client::list(texts) else { return Ok(None) };
    let named = K::of(account).named();
    let mut ids = Vec::with_capacity(texts.len());
    for text in &texts {
        ids.push(id_of(&service.client, &named, text).await?);
    }
    Ok(Some(ids))
}

/// The app key or client id of what is called so; null for none.
async fn app_key(service: &Service, account: AccountId, text: &str) -> anyhow::Result<Value> {
    if text == "none" {
        return Ok(Value::Null);
    }
    let kinds = [(KeyFields::of(account), "app_key"), (ClientFields::of(account), "client_id")];
    for (collection, field) in kinds {
        let found = match id_of(&service.client, &collection.named(), text).await {
            Ok(id) => service.client.get(&collection.place.at(id), &[]).await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        match found {
            Ok(answer) => return Ok(answer.body.get(field).cloned().unwrap_or(Value::Null)),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ServiceError::NoSuch(format!("there is no API key and no OAuth client called {text:?}")).into())
}

fn is_missing(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<ServiceError>();
    error.is_some_and(|error| error.ended() == crate::exit_code::Ended::NoSuchThing)
}

//! The fields of users: what is asked for, and what it means.

use vestibule_auth::{Administration, AdministrationError, Caller, LONGEST_NAME};
use vestibule_model::{AccountId, ApiKey, Group, OauthClient, Profile, Skill, User, UserKind};

use crate::forms::{Choice, Field, Values};
use crate::resources::{Of, all};

/// What an account has for its users.
pub(super) struct Offered {
    kind: UserKind,
    profiles: Vec<Profile>,
    groups: Vec<Group>,
    skills: Vec<Skill>,
    keys: Vec<ApiKey>,
    clients: Vec<OauthClient>,
}

impl Offered {
    pub(super) fn of(
        administration: &Administration<'_>,
        caller: &Caller,
        account: AccountId,
        kind: UserKind,
    ) -> Result<Self, AdministrationError> {
        let of = Of { administration, caller, account };
        Ok(Self {
            kind,
            profiles: all(of)?,
            groups: all(of)?,
            skills: all(of)?,
            keys: all(of)?,
            clients: all(of)?,
        })
    }

    /// The names, and what is said of the one that people know.
    pub(super) fn names(values: &Values, name_hint: &str) -> Vec<Field> {
        vec![
            Field::text("login_name", "Login name", values).needed().longest(LONGEST_NAME),
            Field::text("full_name", "Name", values).hint(name_hint),
            Field::text("nickname", "Nickname", values).hint("What consumers see."),
            Field::text("email", "E-mail", values),
        ]
    }

    /// The key that a bot logs in with; of nobody else.
    pub(super) fn key(&self, values: &Values) -> Option<Field> {
        let mut choices = vec![Choice::new("", "none: nothing logs in as it")];
        choices.extend(self.keys.iter().map(|key| Choice::new(&key.app_key, named(&key.name, &key.app_key))));
        let client =
            |client: &OauthClient| Choice::new(&client.client_id, named(&client.name, &client.client_id));
        choices.extend(self.clients.iter().map(client));
        let field = Field::select("allowed_app_key", "Logs in with", values, choices);
        let hint = "The API key or OAuth client that may log in as this bot. It is the only way in: an identity provider's connection finds no bots.";
        (self.kind == UserKind::Bot).then(|| field.hint(hint))
    }

    /// What users may do and belong to.
    pub(super) fn belongings(&self, values: &Values) -> Vec<Field> {
        let groups = || self.groups.iter().map(|group| Choice::new(group.id, &group.name));
        let none = Choice::new("", "no group");
        let profiles = self.profiles.iter().map(|profile| Choice::new(profile.id, &profile.name)).collect();
        let skills = self.skills.iter().map(|skill| Choice::new(skill.id, &skill.name)).collect();
        let groups_or_none = [none].into_iter().chain(groups()).collect();
        let fields = [
            Field::checks("profiles", "Profiles", values, profiles),
            Field::select("member_of", "Member of", values, groups_or_none),
            Field::checks("manager_of", "Manager of", values, groups().collect()),
            Field::checks("skills", "Skills", values, skills),
        ];
        let mut fields: Vec<_> = fields.into_iter().filter(Field::has_choices).collect();
        fields.push(Field::number("max_chats", "Most chats at once", values));
        fields.push(Field::number("max_async_chats", "Most asynchronous conversations at once", values));
        fields
    }
}

/// A name that people know, and the one that is unique.
fn named(name: &str, public: &str) -> String {
    if name.is_empty() { public.to_owned() } else { format!("{name} ({public})") }
}

/// What the fields hold for a user.
pub(super) fn values(user: &User) -> Values {
    let mut values = Values::default();
    values.set("login_name", &user.login_name);
    values.set("full_name", &user.full_name);
    values.set("nickname", &user.nickname);
    values.set("email", &user.email);
    values.set_optional("allowed_app_key", user.allowed_app_key.as_ref());
    values.set("max_chats", user.max_chats);
    values.set("max_async_chats", user.max_async_chats);
    values.choose("profiles", &user.profiles);
    values.choose("skills", &user.skills);
    values.choose("manager_of", &user.manager_of);
    values.set_optional("member_of", user.member_of);
    values.set_on("must_change_password", user.must_change_password);
    values
}

/// Gives a user what the fields hold.
pub(super) fn apply(values: &Values, user: &mut User) -> Result<(), AdministrationError> {
    user.login_name = values.text("login_name");
    user.full_name = values.text("full_name");
    user.nickname = values.text("nickname");
    user.email = values.text("email");
    user.allowed_app_key = values.optional("allowed_app_key");
    user.max_chats = values.optional_number("max_chats")?.unwrap_or_default();
    user.max_async_chats = values.optional_number("max_async_chats")?.unwrap_or_default();
    user.profiles = values.chosen("profiles")?;
    user.skills = values.chosen("skills")?;
    user.manager_of = values.chosen("manager_of")?;
    user.member_of = values.optional_number("member_of")?;
    user.must_change_password = values.is_on("must_change_password");
    Ok(())
}

//! The forms of profiles, groups and skills.

use vestibule_auth::{AdministrationError, LONGEST_NAME, NumberedResource, PendingCreation};
use vestibule_model::{Group, Profile, Rank, RoleType, Skill};
use vestibule_serve::forms::Fields;

use super::formed::{Formed, Offered};
use super::{Kind, Of};
use crate::forms::{Choice, Field, Made, Values, choices, read, word};
use crate::words;

const ROLES: [RoleType; 5] = [
    RoleType::Agent,
    RoleType::AgentManager,
    RoleType::CampaignManager,
    RoleType::Administrator,
    RoleType::Lpa,
];

const RANKS: [Rank; 5] = [Rank::Agent, Rank::Manager, Rank::ItUser, Rank::SuperUser, Rank::SysAdmin];

fn name(values: &Values) -> Field {
    Field::text("name", "Name", values).needed().longest(LONGEST_NAME)
}

fn id(values: &Values) -> Vec<Field> {
    vec![
        Field::number("id", "Id", values)
            .hint("The next that is free, unless one is given. It stays as it is."),
    ]
}

async fn make_numbered<P: NumberedResource + Formed>(
    of: Of<'_>,
    values: &Values,
    pending: PendingCreation,
) -> Result<Made, AdministrationError> {
    let id = values.optional_number("id")?;
    let fill = |mut blank: P| {
        blank.apply(values)?;
        Ok(blank)
    };
    let made = |thing: &P| Made::at(format!("{}/{}", P::OF.address(of.account), thing.id()));
    let stored = |thing: &P| made(thing).stored();
    let answer = pending.with_response(&stored);
    let thing = of.administration.create_numbered_resource(of.caller, of.account, id, fill, answer).await?;
    Ok(made(&thing))
}

/// Privilege numbers, however they are set apart.
fn numbers(text: &str) -> Result<Vec<i32>, AdministrationError> {
    let refused = |_| AdministrationError::invalid("permissions", "these have to be whole numbers");
    let each = text.split(|character: char| character == ',' || character.is_whitespace());
    each.filter(|number| !number.is_empty()).map(|number| number.parse().map_err(refused)).collect()
}

impl Formed for Profile {
    const OF: Kind = Kind::Profiles;

    fn first() -> Values {
        let mut values = Values::default();
        values.set("role", word(RoleType::Agent));
        values
    }

    fn fields(values: &Values, _: &Offered) -> Vec<Field> {
        let ranks = [Choice::new("", "that of the role")].into_iter().chain(choices(&RANKS, words::rank));
        vec![
            name(values),
            Field::select("role", "Role", values, choices(&ROLES, words::role)),
            Field::select("rank", "Rank", values, ranks.collect())
                .hint("A user's is the highest of their profiles'."),
            Field::area("permissions", "Permissions", values)
                .hint("Numbers of privileges, with blanks or commas between them. They hold from the next login on."),
        ]
    }

    fn new_fields(values: &Values, _: &Offered) -> Vec<Field> {
        id(values)
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values.set("role", word(self.role));
        values.set_optional("rank", self.rank.map(word));
        let permissions = self.permissions.iter().map(ToString::to_string);
        values.set("permissions", permissions.collect::<Vec<_>>().join(", "));
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        self.role = read("role", values.get("role"))?;
        self.rank = values.optional("rank").map(|rank| read("rank", &rank)).transpose()?;
        let mut permissions = numbers(values.get("permissions"))?;
        permissions.sort_unstable();
        permissions.dedup();
        self.permissions = permissions;
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        _: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        make_numbered::<Self>(of, values, pending).await
    }
}

impl Formed for Group {
    const OF: Kind = Kind::Groups;

    fn first() -> Values {
        Values::default()
    }

    fn fields(values: &Values, offered: &Offered) -> Vec<Field> {
        let groups = offered.groups.iter().map(|group| Choice::new(group.id, &group.name));
        let above = [Choice::new("", "none")].into_iter().chain(groups).collect();
        vec![name(values), Field::select("parent", "Group above", values, above)]
    }

    fn new_fields(values: &Values, _: &Offered) -> Vec<Field> {
        id(values)
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values.set_optional("parent", self.parent);
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        self.parent = values.optional_number("parent")?;
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        _: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        make_numbered::<Self>(of, values, pending).await
    }
}

impl Formed for Skill {
    const OF: Kind = Kind::Skills;

    fn first() -> Values {
        Values::default()
    }

    fn fields(values: &Values, _: &Offered) -> Vec<Field> {
        vec![name(values)]
    }

    fn new_fields(values: &Values, _: &Offered) -> Vec<Field> {
        id(values)
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        _: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        make_numbered::<Self>(of, values, pending).await
    }
}

//! `/console/administrators/new`: somebody of the administrators' account is given a role.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{
    AdministrationError, HOME, NamedAdministrator, PageRequest, PendingCreation, Scope, UserOrder, UserSearch,
};
use vestibule_model::{AccountId, Administrator, Population, UserId, UserKind};
use vestibule_serve::forms::Fields;

use super::role;
use crate::ConsoleState;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATORS;
use crate::signed_in::{Posted, SignedIn};

const USER: &str = "user";
const USER_ID: &str = "user_id";

/// The most people who are offered.
const MOST: usize = 1_000;

struct NewAdministratorForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    /// Whoever may be given a role and has none.
    people: Vec<(UserId, String)>,
    /// Whether there are more.
    is_cut: bool,
}

impl<'a> NewAdministratorForm<'a> {
    async fn of(console: &'a ConsoleState, signed_in: &'a SignedIn) -> Result<Self, ConsoleError> {
        let (administration, caller) = (console.administration(), &signed_in.caller);
        caller.require(Scope::WriteInstallation)?;
        let known = administration.administrators(caller).await?;
        let search = UserSearch {
            kind: Some(UserKind::Human),
            population: Some(Population::User),
            order: UserOrder::LoginName,
            ..UserSearch::default()
        };
        let home: AccountId = HOME.parse().map_err(|_| AdministrationError::NotFound("account"))?;
        let wanted = PageRequest { limit: MOST, cursor: None };
        let page = administration.search_users(caller, home, &search, wanted).await?;
        let has_role = |id| known.iter().any(|known| known.administrator.user == id);
        let people = page.users.iter().filter(|user| !has_role(user.id));
        let people = people.map(|user| (user.id, user.login_name.clone())).collect();
        Ok(Self { console, signed_in, people, is_cut: page.next.is_some() })
    }
}

impl FormSpec for NewAdministratorForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "New administrator").below([("Administrators", ADMINISTRATORS)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let people = self.people.iter().map(|(id, name)| Choice::new(id, name));
        let people = std::iter::once(Choice::new("", "choose somebody")).chain(people).collect();
        let mut fields = vec![Field::select(USER, "Who", values, people).hint(
            "People of the account “administrators” who have no role yet. Make somebody new there first.",
        )];
        let by_id = || {
            let hint = format!("Of the account’s people the first {MOST} by login name are offered above.");
            Field::number(USER_ID, "Or somebody else, by id", values).hint(hint)
        };
        fields.extend(self.is_cut.then(by_id));
        fields.extend(role::fields(values));
        fields
    }

    fn deed(&self) -> String {
        "Give the role".to_owned()
    }

    fn back(&self) -> String {
        ADMINISTRATORS.to_owned()
    }
}

impl MakeForm for NewAdministratorForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    async fn make(
        &self,
        values: &Values,
        _fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let user = match values.optional_number(USER_ID)? {
            Some(user) => Some(user),
            None => values.optional_number(USER)?,
        };
        let user = user.ok_or_else(|| AdministrationError::invalid(USER, "choose who it is"))?;
        let wanted = Administrator { user: UserId(user), role: role::read(values)? };
        let unchanged = |present: Option<&NamedAdministrator>| match present {
            Some(present) if present.administrator != wanted => {
                Err(AdministrationError::Conflict("somebody else has given them a role meanwhile".into()))
            }
            _ => Ok(()),
        };
        let administration = self.console.administration();
        let stored = |_: &NamedAdministrator| Made::at(ADMINISTRATORS.to_owned()).stored();
        let (caller, answer) = (&self.signed_in.caller, pending.with_response(&stored));
        administration.set_administrator(caller, wanted, unchanged, answer).await?;
        Ok(Made::at(ADMINISTRATORS.to_owned()))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let form = NewAdministratorForm::of(&console, &signed_in).await?;
    let mut values = Values::default();
    if let Some(user) = signed_in.request.asked(USER) {
        values.set(USER, user);
    }
    show_make(&console, &signed_in, &form, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = NewAdministratorForm::of(&console, &posted.signed_in).await?;
    make(&console, &posted, &form).await
}

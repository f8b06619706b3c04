//! What belongs to an account and has an id there: each kind is listed and looked at in the same way. What is particular to one, it
//! says in a file of its own.

mod applications;
mod kind;
mod list;
mod numbered;
mod show;

pub(crate) use kind::Kind;
pub(crate) use list::show as list;
pub(crate) use show::show;

use std::collections::HashMap;

use vestibule_auth::{
    AccountResource, AccountResourcePage, Administration, AdministrationError, Caller, PageRequest,
};
use vestibule_model::{AccountId, Application, Millis};
use vestibule_serve::forms::Zone;

use crate::parts::{Cell, Fact};

/// Of which account something is wanted, and by whom.
#[derive(Clone, Copy)]
struct Of<'a> {
    administration: &'a Administration<'a>,
    caller: &'a Caller,
    account: AccountId,
}

/// What is known besides the things themselves.
struct Around {
    account: AccountId,
    zone: Zone,
    /// When a session was last opened with each application.
    last_uses: HashMap<Application, Millis>,
}

/// A kind as pages tell it.
trait Shown: AccountResource {
    /// The columns of its list, behind the name.
    const COLUMNS: &'static [&'static str];

    /// The name of one.
    fn name(&self) -> &str;

    /// What stands in its columns.
    fn cells(&self, around: &Around) -> Vec<Cell>;

    /// What is told of one.
    fn facts(&self, around: &Around) -> Vec<Fact>;

    /// Those of an account.
    async fn page(
        of: Of<'_>,
        wanted: PageRequest<'_>,
    ) -> Result<AccountResourcePage<Self>, AdministrationError> {
        of.administration.account_resources(of.caller, of.account, wanted)
    }

    /// The one of this id.
    async fn find(of: Of<'_>, id: i64) -> Result<Self, AdministrationError> {
        of.administration.account_resource(of.caller, of.account, id)
    }
}

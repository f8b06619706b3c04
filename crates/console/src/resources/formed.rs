//! What forms ask for to make and to change things of these kinds, and what follows from a change.

use vestibule_auth::{AdministrationError, PendingCreation, Renewable, WithSecrets};
use vestibule_model::{AccountId, Group, Profile};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::{Kind, Of, Shown, all};
use crate::forms::{Field, Made, Values};

/// A kind as its forms have it.
pub(super) trait Formed: Shown {
    /// Which it is.
    const OF: Kind;

    /// What the fields of a new one hold before anything is typed.
    fn first() -> Values;

    /// The fields of one that is there.
    fn fields(values: &Values, offered: &Offered) -> Vec<Field>;

    /// What is asked besides where one is made.
    fn new_fields(values: &Values, offered: &Offered) -> Vec<Field>;

    /// What the fields hold for this one.
    fn values(&self) -> Values;

    /// Gives it what the fields hold.
    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError>;

    /// Has the engine make one, once.
    fn make(
        of: Of<'_>,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> impl Future<Output = Result<Made, AdministrationError>> + Send;
}

/// A kind that has secrets, N of them.
pub(super) trait Keyed<const N: usize>: Formed + Renewable<N> {
    /// All that a program needs of one to prove itself, by name.
    fn given(made: &WithSecrets<Self, N>) -> Vec<(&'static str, Zeroizing<String>)>;

    /// One whose secrets are shown now, and never again.
    fn shown_once(account: AccountId, made: &WithSecrets<Self, N>) -> Made {
        let page = format!("{}/{}", Self::OF.address(account), made.application.id());
        let given = Self::given(made).into_iter();
        given.fold(Made::at(page), |made, (name, value)| made.with_secret(name, value))
    }
}

/// What there is to be chosen.
pub(super) struct Offered {
    pub(super) groups: Vec<Group>,
    pub(super) profiles: Vec<Profile>,
    /// Whether whoever asks may bring an application token of their own.
    pub(super) may_bring: bool,
}

impl Offered {
    pub(super) fn of(of: Of<'_>) -> Result<Self, AdministrationError> {
        let may_bring = of.caller.require(vestibule_auth::Scope::WriteInstallation).is_ok();
        Ok(Self { groups: all(of)?, profiles: all(of)?, may_bring })
    }
}

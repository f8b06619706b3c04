//! What the commands of every noun have in common: list, show, add, set, remove.

use serde_json::{Map, Value};

use crate::client::{Extent, Fields, Named, ResourcePath, Service, walk};
use crate::command_line::PageArguments;
use crate::screen;

/// What is shown once, when it is made.
const SECRETS: [&str; 4] = ["secret", "token", "access_token_secret", "password"];

/// Things of one kind in one place.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) place: ResourcePath,
    /// What one of them is called.
    pub(crate) what: &'static str,
    /// The same for several.
    pub(crate) plural: &'static str,
    /// What a table of them has, by dotted paths; a single one is shown with these first.
    pub(crate) columns: &'static [&'static str],
    /// The fields by which they are found.
    pub(crate) names: &'static [&'static str],
}

/// What was made without its secrets, and those, which nobody shall have to look for among the other fields.
fn parted(made: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let fields = made.as_object().cloned().unwrap_or_default();
    let is_secret = |(name, value): &(String, Value)| SECRETS.contains(&name.as_str()) && value.is_string();
    let (secrets, thing) = fields.into_iter().partition(is_secret);
    (thing, secrets)
}

/// How much of a list is wanted.
pub(crate) fn extent(pages: &PageArguments) -> Extent {
    if pages.all { Extent::All } else { Extent::AtMost(usize::try_from(pages.limit).unwrap_or(usize::MAX)) }
}

/// Prints a list.
pub(crate) async fn list_of(
    service: &Service,
    collection: &Collection,
    query: &[(&str, String)],
    extent: Extent,
) -> anyhow::Result<()> {
    let mut list = service.output.list(collection.columns, collection.plural);
    let more = walk(&service.client, &collection.place, query, extent, |page| list.page(page)).await?;
    list.end()?;
    tell_of_more(more);
    Ok(())
}

/// That a list was cut off.
pub(crate) fn tell_of_more(more: bool) {
    if more {
        screen::complain("There are more: say --limit NUMBER, or --all.");
    }
}

impl Collection {
    pub(super) fn named(&self) -> Named {
        Named { place: self.place.clone(), what: self.what, fields: self.names }
    }

    /// The place of the one that is called so, by id or name.
    pub(super) async fn find(&self, service: &Service, text: &str) -> anyhow::Result<ResourcePath> {
        let id = crate::client::id_of(&service.client, &self.named(), text).await?;
        Ok(self.place.at(id))
    }

    pub(super) async fn show(&self, service: &Service, place: &ResourcePath) -> anyhow::Result<()> {
        let answer = service.client.get(place, &[]).await?;
        service.output.show(&answer.body, self.columns);
        Ok(())
    }

    /// Makes one and shows it, with the secrets among its fields, which nothing shows again.
    pub(super) async fn add(&self, service: &Service, fields: Fields) -> anyhow::Result<()> {
        let answer = service.client.create(&self.place, &fields.into_body()).await?;
        self.show_made(service, &answer.body);
        Ok(())
    }

    /// Shows what has just been made.
    pub(super) fn show_made(&self, service: &Service, made: &Value) {
        let hint = || screen::complain("Secrets are shown here and never again: keep them now.");
        let (thing, secrets) = parted(made);
        match (secrets.is_empty(), service.output.is_json()) {
            (true, _) => service.output.show(made, self.columns),
            (false, true) => {
                service.output.show(made, self.columns);
                hint();
            }
            (false, false) => {
                if !thing.is_empty() {
                    service.output.show(&thing.into(), self.columns);
                }
                hint();
                service.output.show(&secrets.into(), &SECRETS);
            }
        }
    }

    /// Changes one. `text` is what it was called.
    pub(super) async fn set(
        &self,
        service: &Service,
        place: &ResourcePath,
        text: &str,
        fields: Fields,
    ) -> anyhow::Result<()> {
        let answer = service.client.change(place, &fields.into_patch()?).await?;
        service.output.done(&answer.body, &format!("changed {} {text}", self.what));
        Ok(())
    }

    pub(super) async fn remove(
        &self,
        service: &Service,
        place: &ResourcePath,
        text: &str,
    ) -> anyhow::Result<()> {
        let answer = service.client.remove(place).await?;
        service.output.done(&answer.body, &format!("removed {} {text}", self.what));
        Ok(())
    }
}

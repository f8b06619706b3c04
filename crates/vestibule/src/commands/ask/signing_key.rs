//! `vestibule signing-key …`

use super::crud::{Collection, list_of};
use crate::client::{Extent, ResourcePath, Service, confirm};
use crate::command_line::SigningKeyAction;

fn keys() -> Collection {
    Collection {
        place: ResourcePath::of("signing-keys"),
        what: "signing key",
        plural: "signing keys",
        columns: &["id", "signs", "published_from", "used_from"],
        names: &[],
    }
}

pub(crate) async fn run(action: SigningKeyAction) -> anyhow::Result<()> {
    match action {
        SigningKeyAction::List(arguments) => {
            list_of(&Service::open(&arguments)?, &keys(), &[], Extent::All).await
        }
        SigningKeyAction::Rotate(arguments) => {
            let service = Service::open(&arguments)?;
            let answer = service.client.post(&ResourcePath::of("signing-keys").at("rotate"), None).await?;
            let sentence = format!("signing key {} is published, and signs in an hour", answer.body["id"]);
            service.output.done(&answer.body, &sentence);
            Ok(())
        }
        SigningKeyAction::Delete(arguments) => {
            let service = Service::open(&arguments.service)?;
            let id = arguments.id;
            confirm(&format!("Delete signing key {id}, so that its tokens are refused?"), arguments.yes)?;
            let answer = service.client.end(&ResourcePath::of("signing-keys").at(id)).await?;
            service.output.done(&answer.body, &format!("signing key {id} is deleted"));
            Ok(())
        }
    }
}

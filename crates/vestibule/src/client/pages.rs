//! Lists, page by page.

use std::ops::ControlFlow;

use serde_json::Value;

use super::failure::ServiceError;
use super::http::Client;
use super::resource_path::ResourcePath;

/// The longest page that a service gives.
const PAGE: usize = 1_000;

/// How much of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// At most so many.
    AtMost(usize),
    All,
}

/// Hands the pages of a list to `each`, until there are no more, or enough, or `each` has enough. Says whether more follow.
pub(crate) async fn walk(
    client: &Client,
    place: &ResourcePath,
    query: &[(&str, String)],
    extent: Extent,
    mut each: impl FnMut(&[Value]) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<bool> {
    let mut seen = 0;
    let mut cursor = None;
    loop {
        let wanted = match extent {
            Extent::AtMost(most) => most.saturating_sub(seen).min(PAGE),
            Extent::All => PAGE,
        };
        let mut query = query.to_vec();
        query.push(("limit", wanted.to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let mut body = client.get(place, &query).await?.body;
        let next = body.get_mut("next").map(Value::take).and_then(|next| next.as_str().map(str::to_owned));
        let page = items(body)?;
        // More may come than was asked for: lists that have no pages are given as a whole.
        let taken = page.len().min(match extent {
            Extent::AtMost(most) => most - seen,
            Extent::All => usize::MAX,
        });
        seen += taken;
        if each(&page[..taken])?.is_break() {
            return Ok(false);
        }
        match next {
            None => return Ok(taken < page.len()),
            Some(_) if matches!(extent, Extent::AtMost(most) if seen >= most) => return Ok(true),
            Some(next) => cursor = Some(next),
        }
    }
}

/// The things of a page: its one field that is a list.
pub(crate) fn items(mut body: Value) -> Result<Vec<Value>, ServiceError> {
    let fields = body.as_object_mut().into_iter().flatten();
    let mut lists = fields.filter_map(|(_, value)| value.as_array_mut());
    match (lists.next(), lists.next()) {
        (Some(list), None) => Ok(std::mem::take(list)),
        _ => Err(ServiceError::Unreachable(
            "the answer is no list: is the service of this version?".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_things_of_a_page_are_in_its_list() {
        assert_eq!(items(json!({ "users": [1, 2], "next": "x" })).unwrap(), [json!(1), json!(2)]);
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for body in [json!(null), json!([]), json!({}), json!({ "a": [], "b": [] })] {
            assert!(items(body.clone()).is_err(), "{body}");
        }
    }
}

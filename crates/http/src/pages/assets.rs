//! What pages load: the stylesheet and the icon, from the program itself.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use vestibule_pages::{ICON, STYLE};
use vestibule_serve::layers::Refusal;

use super::REFUSAL;

/// How long a browser keeps them. Each page says which stylesheet it wants.
const KEPT: &str = "public, max-age=86400";

/// A file that every page uses.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "pages.css" => ("text/css; charset=utf-8", STYLE),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return REFUSAL.answer(Refusal::NotFound),
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], text).into_response()
}

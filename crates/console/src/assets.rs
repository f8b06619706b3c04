//! What pages load: stylesheets and the icon, from the program itself.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use vestibule_pages::{ICON, STYLE, version};
use vestibule_serve::layers::Refusal;

use crate::REFUSAL;

const CONSOLE: &str = include_str!("console.css");

/// Which stylesheets they are: each page asks for them by this, so that a browser may keep them for good.
pub(crate) const VERSION: u32 = version(STYLE) ^ version(CONSOLE).rotate_left(1);

/// How long a browser keeps them.
const KEPT: &str = "public, max-age=31536000, immutable";

/// A file that every page uses.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "pages.css" => ("text/css; charset=utf-8", STYLE),
        "console.css" => ("text/css; charset=utf-8", CONSOLE),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return REFUSAL.answer(Refusal::NotFound),
    };
    let headers = [
        (CONTENT_TYPE.as_str(), kind),
        (CACHE_CONTROL.as_str(), KEPT),
        ("x-content-type-options", "nosniff"),
    ];
    (headers, text).into_response()
}

//! What pages load: stylesheets, the script and the icon, from the program itself.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use vestibule_pages::{ICON, STYLE, version};
use vestibule_serve::layers::Refusal;

use crate::REFUSAL;

const CONSOLE: &str = include_str!("console.css");
const SCRIPT: &str = include_str!("console.js");

/// Which they are: each page asks for them by this, so that a browser may keep them for good.
pub(crate) const VERSION: u32 =
    version(STYLE) ^ version(CONSOLE).rotate_left(1) ^ version(SCRIPT).rotate_left(2);

/// How long a browser keeps them.
const KEPT: &str = "public, max-age=31536000, immutable";

/// A file that every page uses.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "pages.css" => ("text/css; charset=utf-8", STYLE),
        "console.css" => ("text/css; charset=utf-8", CONSOLE),
        "console.js" => ("text/javascript; charset=utf-8", SCRIPT),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_short_and_makes_no_markup_of_text() {
        assert!(SCRIPT.lines().count() < 150);
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
        {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_script_asks_this_service_and_keeps_nothing() {
        assert_eq!(SCRIPT.matches("fetch(").count(), 1);
        assert!(SCRIPT.contains("fetch('/console/numbers'"));
        for forbidden in ["http:", "https:", "localStorage", "sessionStorage", "cookie", "import"] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
    }
}

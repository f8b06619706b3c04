//! What every page with forms needs of HTTP: cookies, the fields of a form and where it came from, the head of an answer, times in
//! a zone. Knows no page, no session and no rule of the engine.

mod browser;
mod cookie_set;
mod cookies;
mod fields;
mod headers;
mod origin;
mod upload;
mod zone;

pub use browser::BrowserId;
pub use cookie_set::{ComesBy, CookieSet};
pub use cookies::CookieName;
pub use fields::{Fields, NotAForm};
pub use headers::page_headers;
pub use origin::{Scheme, origin_scheme};
pub use upload::Upload;
pub use zone::Zone;

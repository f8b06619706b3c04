//! What every page says to the browser.

/// The head of a page that is served with this Content-Security-Policy. The referrer stays within the service, because without one
/// a form would not say where it comes from (Fetch, "append a request `Origin` header").
pub const fn page_headers(policy: &'static str) -> [(&'static str, &'static str); 7] {
    [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ]
}

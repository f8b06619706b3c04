//! Where the pages for people are.

use crate::support::{Folder, Server};

/// What both listeners answer to whoever wants to sign in.
fn statuses(settings: &[(&str, &str)]) -> [u16; 2] {
    let folder = Folder::new();
    let server = Server::serve(&folder, settings);
    ["http", "admin"].map(|listener| server.get(listener, "/me/login").status)
}

#[test]
fn the_pages_are_on_the_listener_for_clients_unless_something_else_is_set() {
    assert_eq!(statuses(&[]), [200, 404]);
}

#[test]
fn the_pages_are_moved_to_the_listener_for_operators() {
    assert_eq!(statuses(&[("VESTIBULE_PAGES_LISTENER", "admin")]), [404, 200]);
}

#[test]
fn the_pages_are_switched_off() {
    assert_eq!(statuses(&[("VESTIBULE_PAGES_ENABLED", "false")]), [404, 404]);
}

//! What a file has to look like to be understood.

use std::path::Path;

use super::Declared;

fn refusal(text: &str) -> String {
    Declared::read(Path::new("a.toml"), text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let refusal = refusal("[[account]]\nid = \"1\"\ncolour = 3\n");
    assert!(refusal.starts_with("a.toml:3:1: account[0]"), "{refusal}");
    assert!(refusal.contains("unknown field `colour`"), "{refusal}");
}

#[test]
fn an_unknown_key_of_a_user_is_refused() {
    let refusal =
        refusal("[[account]]\nid = \"1\"\n[[account.user]]\nlogin_name = \"a\"\npasswort = \"x\"\n");
    assert!(refusal.contains("account[0].user[0]") && refusal.contains("passwort"), "{refusal}");
}

#[test]
fn what_is_refused_is_named_as_far_as_the_file_names_it() {
    let wrong = "[[account]]\nid = \"1\"\n[[account.user]]\nlogin_name = \"jane\"\nmax_chats = \"x\"\n";
    let refusal = refusal(wrong);
    assert!(
        refusal.starts_with("a.toml:5:13: account[0].user[0].max_chats (account 1, user jane): "),
        "{refusal}"
    );
}

#[test]
fn an_account_id_that_is_none_is_refused() {
    let refusal = refusal("[[account]]\nid = \"a b\"\n");
    assert!(refusal.starts_with("a.toml:2:6: account[0].id (account a b): an account id is"), "{refusal}");
}

#[test]
fn a_point_in_time_may_be_text_or_not() {
    let user = "[[account]]\nid = \"1\"\n[[account.user]]\nlogin_name = \"a\"\npassword_changed =";
    for time in ["\"1900-01-01T00:00:00Z\"", "1900-01-01T00:00:00Z"] {
        assert_eq!(refusal(&format!("{user} {time}\n")), "");
    }
}

#[test]
fn an_unknown_rank_is_refused_with_those_that_there_are() {
    let refusal = refusal("[[account]]\nid = \"1\"\n[[account.profile]]\nname = \"a\"\nrank = \"boss\"\n");
    assert!(refusal.contains("profile[0].rank") && refusal.contains("`it-user`"), "{refusal}");
}

#[test]
fn an_unknown_strength_is_refused_with_those_that_there_are() {
    let refusal = refusal("[[account]]\nid = \"1\"\npassword_strength = \"weak\"\n");
    assert!(refusal.contains("password_strength") && refusal.contains("`very-strong`"), "{refusal}");
}

#[test]
fn an_unknown_role_is_refused_with_those_that_there_are() {
    let refusal = refusal("[[account]]\nid = \"1\"\n[[account.profile]]\nname = \"a\"\nrole = \"boss\"\n");
    assert!(refusal.contains("profile[0].role") && refusal.contains("campaign-manager"), "{refusal}");
}

#[test]
fn values_of_the_wrong_kind_are_refused_in_words_of_the_interface() {
    for (line, kind) in [
        ("number = \"x\"", "a whole number that is not too large"),
        ("number = 4294967296", "a whole number that is not too large"),
        ("number = 99999999999999999999", "a whole number that is not too large"),
        ("removed = 1", "true or false"),
        ("code = 1", "a string"),
        ("password_policy = 1", "a table"),
        ("features = \"x\"", "a list"),
    ] {
        let refusal = refusal(&format!("[[account]]\nid = \"1\"\n{line}\n"));
        let expected = format!("a value of the wrong kind: this has to be {kind}");
        assert!(refusal.ends_with(&expected), "{line}: {refusal}");
    }
}

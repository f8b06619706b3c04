//! Many passwords at once, which more than one thread hashes.

use vestibule_crypto::PasswordHasher;

use super::*;

/// More than are hashed without a bar.
const MANY: usize = 60;

fn users(password: impl Fn(usize) -> String) -> String {
    let user =
        |number| format!("[[account.user]]\nlogin_name = \"u{number}\"\npassword = {:?}\n", password(number));
    (0..MANY).map(user).collect()
}

#[test]
fn everybody_gets_their_own_password() {
    let mut world = World::new();
    world.apply(&users(|number| format!("passw0rd-{number}")));
    let mut hasher = PasswordHasher::new(Engine::Portable);
    for user in world.rows().users {
        let (number, hash) = (user.login_name.trim_start_matches('u'), user.password.unwrap().hash);
        let own = format!("passw0rd-{number}");
        assert!(hasher.verify(&hash, own.as_bytes()).unwrap(), "{}", user.login_name);
    }
}

#[test]
fn of_several_passwords_that_are_refused_the_first_is_told() {
    let wrong = [17, 18, 41, 59];
    let password =
        |number| if wrong.contains(&number) { "short1".to_owned() } else { format!("passw0rd-{number}") };
    let refusal = World::new().refusal(&users(password));
    assert!(refusal.starts_with("a.toml: user 1/u17: password: "), "{refusal}");
    assert!(!refusal.contains('\n'), "{refusal}");
}

//! What a start says of login names that are one by how Unicode composes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule_model::{User, UserId};
use vestibule_store::{Change, StoreError};
use vestibule_testkit::{Fault, Operation, TestServer, Warnings};

/// What a start says of names.
async fn said_of_names(server: &mut TestServer) -> Vec<String> {
    let (warnings, listening) = Warnings::of_this_thread();
    server.restart().await;
    drop(listening);
    warnings.all().into_iter().filter(|text| text.contains("login names")).collect()
}

/// On a thread that waits for nothing else.
fn block_on<T>(future: impl Future<Output = Result<T, StoreError>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future).map(drop).unwrap();
}

/// One of so many that a start reads them in two pages.
fn user(server: &TestServer, number: i32) -> User {
    User {
        id: UserId(i64::from(number)),
        number,
        login_name: format!("user-{number}"),
        ..server.fixture.users[0].clone()
    }
}

#[tokio::test]
async fn a_name_that_changes_hands_between_two_pages_is_no_reason_to_warn() {
    let mut server = TestServer::start().await;
    let (first, last) = (user(&server, 1_000), user(&server, 3_100));
    let all = (1_000..=3_100).map(|number| Change::PutUser(user(&server, number).into()));
    server.store.commit(all.collect()).await.unwrap();
    let swapped = vec![
        Change::PutUser(User { login_name: "another".into(), ..first.clone() }.into()),
        Change::PutUser(User { login_name: first.login_name.clone(), ..last }.into()),
    ];
    let (store, pages) = (server.store_of_another_process(), AtomicUsize::new(0));
    server.faults.fail(Fault::of(move |operation| {
        if matches!(operation, Operation::Read("every_user")) && pages.fetch_add(1, Ordering::Relaxed) == 1 {
            let (store, swapped) = (Arc::clone(&store), swapped.clone());
            std::thread::spawn(move || block_on(store.commit(swapped))).join().unwrap();
        }
        false
    }));
    assert_eq!(said_of_names(&mut server).await, Vec::<String>::new());
}

#[tokio::test]
async fn two_names_that_are_one_are_warned_of() {
    let mut server = TestServer::start().await;
    let composed = User { login_name: "na\u{ef}ve".into(), ..user(&server, 1_000) };
    let changes = [composed, user(&server, 1_001)].map(|user| Change::PutUser(user.into()));
    server.store.commit(changes.to_vec()).await.unwrap();
    let database = rusqlite::Connection::open(server.data().join("vestibule.db")).unwrap();
    let from_before = "UPDATE users SET login_name = 'nai' || char(776) || 've' WHERE id = 1001";
    database.execute(from_before, []).unwrap();
    let said = said_of_names(&mut server).await;
    assert!(said.len() == 1 && said[0].contains("user=1001"), "{said:?}");
}

//! Random commits on the store and on the model beside it.

use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};
use vestibule_store::conformance::beside_the_model::{assert_same, compare, rounds};

use crate::temporary::{KEY_CHECK, empty_store};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

proptest! {
    // Every case waits for the disk some dozens of times.
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_committed_is_answered_as_by_the_model_and_again_after_opening_anew(rounds in rounds()) {
        let store = empty_store();
        runtime().block_on(async {
            let model = compare(&*store, rounds).await;
            let store = store.reopen(KEY_CHECK).unwrap();
            assert_same(&*store, &model).await;
        });
    }
}

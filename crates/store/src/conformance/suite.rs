//! The suite of all facts: one that is in none of its lists is not run.

/// Makes a test of each fact, on a store of its own. Takes the function that makes one.
#[macro_export]
macro_rules! conformance_suite {
    ($make:expr) => {
        $crate::conformance_of_logins! { $make }
        $crate::conformance_of_operation! { $make }
    };
    (@facts $make:expr; $($module:ident { $($fact:ident)+ })+) => {$(
        mod $module {
            use super::*;

            $(#[tokio::test]
            async fn $fact() {
                let store = $make();
                $crate::conformance::$module::$fact(&*store).await;
            })+
        }
    )+};
}

mod logins;
mod operation;
#[cfg(test)]
mod tests;

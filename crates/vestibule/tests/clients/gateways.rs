//! Real gateways before an API, with the configurations of `deploy/gateways`: what holds behind each of them
//! (`tests/clients/gateways/matrix.py`). Every case has a service, a gateway and an API of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::{drivers, said, shared};

fn matrix() -> (Command, PathBuf) {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("VESTIBULE_PROGRAM", env!("CARGO_BIN_EXE_vestibule"));
    (command, drivers().join("gateways/matrix.py"))
}

fn holds_behind(gateway: &str, case: &str) {
    let (mut python, matrix) = matrix();
    let _beside = shared();
    let output = python.arg(matrix).args([gateway, case]).output().expect("Python starts");
    assert!(output.status.success(), "{gateway}: {case}: {}", said(&output));
}

/// A module for each gateway, with a test for each case.
macro_rules! matrix {
    (@test $gateway:literal [$($attribute:meta)?] $case:ident) => {
        #[test]
        $(#[$attribute])?
        fn $case() {
            crate::gateways::holds_behind($gateway, stringify!($case));
        }
    };
    (@gateway $module:ident $gateway:literal $attribute:tt $($case:ident)*) => {
        mod $module {
            $(matrix!(@test $gateway $attribute $case);)*
        }
    };
    ($($case:ident)*) => {
        const CASES: &[&str] = &[$(stringify!($case)),*];
        matrix!(@gateway nginx "nginx" [] $($case)*);
        matrix!(@gateway caddy "caddy" [] $($case)*);
        matrix!(@gateway envoy_http "envoy-http" [] $($case)*);
        matrix!(@gateway envoy_grpc "envoy-grpc" [] $($case)*);
        matrix!(@gateway haproxy "haproxy" [] $($case)*);
        matrix!(@gateway traefik "traefik" [ignore = "./test --long"] $($case)*);
    };
}

matrix! {
    g2_users_who_share_a_connection_are_told_apart
    g4_a_gateway_from_no_network_of_gateways_is_refused
    g4_identity_headers_of_the_client_do_not_reach_the_api
    g4_no_client_takes_an_identity_header_off_its_request
    g4_no_client_takes_off_what_the_gateway_says_of_its_request
    g4_a_trailer_is_no_identity_header
    g4_the_address_that_a_client_claims_is_not_believed
    g1_no_spelling_of_a_path_leads_past_a_rule
    g1_no_spelling_of_a_path_leads_past_the_rule_of_a_location
    g1_no_spelling_of_a_path_leads_to_another_account
    g6_the_target_is_the_one_that_was_asked_for
    g6_the_query_of_a_client_means_nothing_to_the_check
    g6_the_path_of_a_client_names_no_rule
    clients_cannot_ask_for_checks_themselves
    g3_while_the_service_is_down_nothing_passes
    g3_while_the_service_does_not_answer_nothing_passes
    g3_a_rule_that_is_not_there_lets_nobody_pass
    g3_a_check_that_answers_neither_yes_nor_no_lets_nobody_pass
    g3_a_check_that_breaks_off_lets_nobody_pass
    g3_who_hangs_up_before_the_check_answers_reaches_nothing
    g3_heads_of_many_lines_let_nobody_pass_and_end_no_gateway
    g4_what_the_api_is_told_is_whole_however_large_the_head_is
    what_the_check_answers_may_be_long
    a_bearer_passes_and_the_api_is_told_whose_it_is
    a_bot_passes_with_the_key_that_it_logged_in_with
    a_livevox_session_passes_with_the_token_that_opened_it
    the_report_of_traffic_has_the_programs_of_clients
    a_cookie_passes
    the_bearer_in_a_path_passes
    a_name_that_is_no_ascii_is_told_percent_encoded
    who_shows_nothing_that_lives_is_refused
    a_logout_ends_it_at_the_next_request_of_a_connection
    a_session_ends_in_mid_use_when_its_time_has_come
    a_user_who_is_disabled_is_refused
    whom_a_rule_is_not_for_is_forbidden
    a_browser_is_led_to_the_login_page_and_passes_when_it_has_been_there
    a_client_passes_by_its_own_token_until_it_is_disabled
    a_signed_request_passes_as_its_key
    g5_a_signed_request_counts_once
    g5_what_is_changed_after_it_was_signed_is_refused
    g5_what_is_not_signed_now_by_one_key_in_a_way_that_counts_is_refused
    g5_an_encoded_separator_is_none
    g5_nothing_is_added_to_a_form_that_was_signed
    g5_a_form_that_is_changed_after_it_was_signed_is_refused
    g5_a_form_is_put_behind_no_signed_get_where_the_gateway_sends_forms
    a_signed_form_passes_where_the_gateway_sends_it
    sessions_pass_over_http2_and_cookies_may_be_split
    a_request_that_is_signed_for_https_passes_over_tls_alone
    the_cookie_of_the_pages_counts_over_tls_under_its_name_of_there
    a_body_reaches_the_api
    an_answer_of_the_api_arrives_as_it_is
    a_websocket_is_upgraded_for_who_is_known
    checks_share_connections_to_the_service
}

/// The gateway of `examples/caching-gateway`, which keeps answers.
mod caching {
    use super::{drivers, matrix, said, shared};

    fn holds(fact: &str) {
        let (mut python, _) = matrix();
        let _beside = shared();
        let output =
            python.arg(drivers().join("gateways/caching.py")).arg(fact).output().expect("Python starts");
        assert!(output.status.success(), "{fact}: {}", said(&output));
    }

    #[test]
    fn s3_no_yes_after_an_end_was_answered() {
        holds("s3_no_yes_after_an_end_was_answered");
    }

    #[test]
    fn s3_no_yes_after_the_lease_when_nothing_arrives_any_more() {
        holds("s3_no_yes_after_the_lease_when_nothing_arrives_any_more");
    }

    #[test]
    fn s3_who_waited_for_a_gateway_that_was_stopped_is_refused() {
        holds("s3_who_waited_for_a_gateway_that_was_stopped_is_refused");
    }

    #[test]
    fn s3_who_waited_for_a_gateway_whose_stream_was_cut_is_refused() {
        holds("s3_who_waited_for_a_gateway_whose_stream_was_cut_is_refused");
    }
}

#[test]
fn the_client_of_the_example_calls_its_api_in_every_way() {
    let (mut python, _) = matrix();
    let program = drivers().join("../../examples/api/run.py");
    let output = python.arg(program).args(["--once", "--free-ports"]).output().expect("Python starts");
    let calls = said(&output).lines().filter(|line| line.contains("made order")).count();
    assert!(output.status.success() && calls == 6, "{}", said(&output));
}

#[test]
fn every_case_of_the_matrix_is_here() {
    let (mut python, matrix) = matrix();
    let output = python.arg(matrix).arg("--cases").output().expect("Python starts");
    let cases = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(cases.lines().collect::<Vec<_>>(), CASES, "{}", said(&output));
}

//! The list of facts about accounts, and about logins and sessions in them.

/// Makes a test of each of these facts.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_of_logins {
    ($make:expr) => {
        $crate::conformance_suite! { @facts $make;
            directory {
                an_empty_store_has_no_accounts
                an_account_is_read_back
                every_policy_is_read_back
                profiles_groups_and_skills_are_read_back
                every_rank_is_read_back
                a_user_is_read_back
                a_user_with_nothing_optional_is_read_back
                an_api_key_is_read_back
                an_oauth_client_is_read_back
                an_application_token_is_read_back
                text_of_any_kind_is_read_back
                numbers_at_their_ends_are_read_back
                a_put_replaces_what_has_the_same_id
                lists_are_in_the_order_of_ids
                the_directory_is_every_account_by_id
                the_directory_is_read_without_users
                an_account_has_only_what_belongs_to_it
                an_unknown_account_is_none
            }
            uniqueness {
                an_account_code_is_taken_once
                an_account_number_is_taken_once
                a_login_name_is_taken_once_within_account_and_population
                a_login_name_is_free_in_the_other_population_and_in_other_accounts
                names_of_agents_differ_by_more_than_case
                names_of_users_may_differ_by_case
                names_that_unicode_composes_differently_are_one
                a_user_number_is_taken_once_within_the_account
                an_app_key_is_taken_once_within_the_account
                a_client_id_is_taken_once_within_the_account
                a_tokens_name_is_taken_once_within_the_account
                a_token_is_taken_once_in_the_installation
                a_superseded_token_is_taken_once_in_the_installation
                an_account_has_any_number_of_tokens
                a_value_given_up_is_free_again
                nothing_belongs_to_an_account_that_does_not_exist
                a_user_is_not_taken_over_by_another_account
                an_application_is_not_taken_over_by_another_account
                a_token_is_not_taken_over_by_another_account
                of_concurrent_commits_of_one_value_exactly_one_wins
            }
            connections {
                a_connection_is_read_back
                a_connection_may_speak_another_protocol
                a_connections_name_is_taken_once_within_the_account
                a_connection_is_not_taken_over_by_another_account
                a_deleted_connection_is_gone_and_its_id_is_not_given_again
                identities_of_a_user_are_read_back
                an_identity_is_taken_once_in_the_installation
                an_identity_that_is_given_up_is_free_again
                an_identity_outlives_its_connection
                every_secret_of_a_connection_keeps_its_generation_from_retiring
                a_key_and_the_one_before_it_are_kept_apart
            }
            session_versions {
                a_users_sessions_are_read_in_the_order_of_opening_and_nobody_elses
                of_two_openings_that_were_decided_on_the_same_sessions_one_holds
                a_decision_moves_the_version_of_its_user_by_one
                a_decision_is_compared_with_what_its_transaction_did_before
                a_decision_that_does_not_hold_leaves_nothing_behind
                an_end_of_the_users_sessions_overtakes_a_decision
                an_end_within_an_account_overtakes_decisions_there_alone
                an_end_over_all_accounts_overtakes_every_decision
                what_else_ends_sessions_moves_no_version
                a_session_that_is_given_is_there_and_the_users
                nothing_is_decided_for_a_user_who_is_not_there
                an_account_that_is_made_again_goes_on_with_its_version
                decisions_do_not_move_the_directory
            }
            sessions {
                a_session_is_read_back
                one_session_is_read_by_its_id
                every_opening_and_application_is_read_back
                every_dialect_is_read_back
                every_form_of_address_is_read_back
                a_session_of_an_unknown_user_is_refused
                a_session_of_a_disabled_user_is_refused
                a_session_of_another_credential_version_is_refused
                a_session_in_another_account_than_its_users_is_refused
                a_session_id_is_taken_once
                an_ended_session_is_gone
                ending_twice_is_no_error
                a_session_has_a_higher_number_than_any_before
                the_numbers_of_one_transaction_are_in_the_order_of_its_changes
                a_last_use_moves_forward
                a_last_use_never_moves_back
                the_last_use_of_a_session_that_is_not_there_is_ignored
                the_last_uses_of_many_are_kept_apart
                a_last_use_that_is_refused_with_others_is_not_noted
                pages_are_in_the_order_of_opening
                session_ids_of_the_first_form_are_told_of
                pages_together_are_every_session_once
                a_session_stays_when_its_user_is_disabled
            }
            second_factors {
                a_second_factor_is_set_changed_and_taken
                whoever_takes_a_second_factor_for_another_than_it_is_is_stale
                s13_of_many_who_use_one_recovery_code_one_does
                a_second_factor_is_followed_as_a_change_of_its_user
                a_second_factor_keeps_its_generation_from_retiring
            }
            credentials {
                a_hash_is_replaced_when_it_is_the_old_one
                a_hash_that_changed_meanwhile_is_kept
                replacing_a_hash_leaves_the_rest_of_the_user
                replacing_the_hash_of_nobody_is_no_error
                a_lock_is_set_and_lifted
                locking_nobody_is_no_error
                another_password_is_set_with_the_next_version
                a_first_password_is_set
                a_password_with_any_other_version_is_stale
                a_password_of_nobody_is_stale
                of_two_who_set_a_password_one_wins
            }
            applications {
                a_first_use_is_noted a_later_use_moves_forward_and_an_earlier_one_does_not
                requests_are_added_up
                requests_are_counted_to_the_end
                a_use_leaves_the_rest_of_the_token
                the_use_of_a_token_that_is_not_there_is_no_error
                a_refused_commit_counts_nothing
                a_token_that_is_replaced_keeps_its_uses
                tokens_are_those_of_their_account
            }
            uses {
                who_never_logged_in_has_no_last_login
                a_login_is_noted_with_its_key_or_client
                a_login_with_a_token_is_one_of_the_user_alone
                an_earlier_login_moves_nothing_back
                a_refused_commit_notes_no_login
                what_is_replaced_keeps_its_last_use
                the_end_of_a_session_leaves_the_last_login
                last_uses_are_those_of_their_account
                what_was_deleted_has_no_last_use
            }
            consumed {
                a_value_is_consumed_once whether_a_value_was_consumed_is_told_without_consuming_it
                a_value_that_has_expired_is_refused_until_it_is_forgotten
                of_many_who_consume_a_value_at_once_one_does
                what_is_committed_with_a_consumed_value_is_not_done
                values_that_expired_first_are_forgotten_first_and_no_more_than_asked_for
                consuming_does_not_move_the_directory
            }
            federated_logins {
                sessions_are_found_by_all_that_is_named_of_their_login
                a_session_of_several_logins_is_found_by_each_and_once
                a_login_is_forgotten_with_its_session
                a_login_of_a_session_that_is_not_there_is_not_noted
                a_login_that_is_refused_with_others_is_not_noted
                sessions_of_a_login_come_in_pages
                numbers_of_sessions_are_told_as_the_sessions_are
                connections_are_told_while_they_have_sessions
                logins_do_not_move_the_directory
                logins_of_a_session_are_copied_for_another
                logins_of_a_session_that_is_over_are_not_copied
                a_logout_refuses_the_logins_that_have_all_that_it_names
                a_logout_refuses_what_was_issued_until_then
                an_earlier_logout_takes_nothing_back
                logouts_are_forgotten_first_those_that_are_kept_shortest
                what_is_committed_with_a_login_that_is_logged_out_is_not_done
                of_a_login_and_its_logout_at_once_either_sees_the_other
            }
            sentinel {
                signing_keys_are_read_back_in_the_order_of_their_ids
                the_id_of_a_signing_key_is_taken_once
                a_signing_key_is_deleted
                the_last_signing_key_is_not_deleted
                a_signing_key_is_sealed_anew_and_keeps_its_generation_from_retiring
                what_the_sentinel_keeps_does_not_move_the_directory
                refresh_tokens_rotate_one_after_the_other
                s13_of_many_who_use_a_refresh_token_at_once_one_does
                rotations_are_forgotten_with_their_session
                a_rotation_that_is_refused_with_others_did_not_happen
            }
            users {
                a_user_is_read_by_id
                the_users_of_all_accounts_are_read_in_pages
            }
            deletion {
                a_deleted_user_is_gone
                a_deleted_user_administers_no_more
                the_id_of_a_deleted_user_is_never_given_again
                what_is_deleted_is_known_by_its_id
                the_name_of_a_deleted_user_is_free
                a_session_of_a_deleted_user_is_refused
                deleted_profiles_groups_and_skills_are_gone
                a_deleted_api_key_is_gone
                a_deleted_oauth_client_is_gone
                a_deleted_application_token_is_gone
                an_application_of_another_account_is_not_deleted
                a_deleted_account_is_gone_with_all_that_belongs_to_it
                roles_and_tokens_limited_to_a_deleted_account_are_gone
                an_account_that_was_deleted_can_be_made_anew_with_other_users
                the_audit_of_a_deleted_account_stays
                deleting_what_is_not_there_is_no_error_and_moves_nothing
                a_refused_commit_deletes_nothing
            }
        }
    };
}

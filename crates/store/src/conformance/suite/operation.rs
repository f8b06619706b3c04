//! The list of facts about how a store is written and followed, and about what runs an installation: traffic, administration, master
//! keys, ends and audit.

/// Makes a test of each of these facts.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_of_operation {
    ($make:expr) => {
        $crate::conformance_suite! { @facts $make;
            transactions {
                a_commit_of_nothing_is_no_error
                a_probe_changes_nothing_that_is_read
                a_refused_directory_change_takes_the_whole_commit_with_it
                a_refused_session_takes_the_whole_commit_with_it
                changes_apply_in_their_order
                a_later_change_sees_an_earlier_one
                a_commit_begins_when_it_is_asked_for
                commits_take_effect_in_the_order_of_asking
                a_refused_commit_leaves_those_beside_it_alone
            }
            sequence {
                a_new_store_has_not_changed
                every_change_of_a_directory_moves_it
                sessions_do_not_move_it
                the_use_of_an_application_does_not_move_it
                a_refused_commit_does_not_move_it
                a_lock_that_changes_nothing_does_not_move_it
                a_hash_that_is_not_replaced_does_not_move_it
                the_directory_is_read_with_its_sequence
                every_part_is_named_as_it_is
                a_part_that_is_gone_is_named_without_a_row
                a_part_of_another_account_is_not_told
                what_logins_change_is_named_as_such
                a_part_changed_twice_is_named_once
                an_account_that_was_deleted_stands_for_its_parts
                many_parts_are_named_as_the_account_with_everything_in_it
                changes_are_trimmed_oldest_first
                who_followed_no_further_than_what_is_trimmed_is_told
                a_position_that_was_never_reached_is_told
            }
            traffic {
                a_batch_counts_once what_is_counted_is_added_up a_row_of_traffic_is_read_back traffic_goes_with_its_account
                nothing_is_counted_in_a_new_store traffic_does_not_move_the_directory
                pages_of_traffic_together_are_every_row_once every_application_has_rows_of_its_own_in_order
                rows_of_a_span_and_of_an_application_are_found a_batch_that_is_refused_with_others_has_not_counted
                traffic_of_an_account_that_is_not_there_is_left_out
                client_programs_beyond_those_that_are_told_apart_are_others
                uses_move_to_both_ends_and_counting_began_with_the_first_batch
                counting_goes_on_while_a_batch_is_made_every_day
                counting_begins_anew_after_more_than_a_day_without_a_batch
                counting_begins_anew_when_the_clock_is_set_back_behind_its_beginning
                a_batch_that_counts_no_more_does_not_tell_that_requests_are_counted
            }
            aged_traffic {
                days_are_added_to_their_months months_that_are_over_are_forgotten_and_days_before_them
                families_are_told_as_long_as_a_row_has_them traffic_at_the_ends_of_the_calendar_is_kept
                no_more_rows_are_aged_than_asked_for_and_the_oldest_first
                a_family_is_told_until_its_last_day_is_forgotten_and_not_until_the_end_of_that_month
                a_batch_of_yesterday_counts_once_where_only_today_is_kept
                uses_later_than_now_are_brought_back_to_now
            }
            expectations {
                what_did_not_change_lets_pass
                what_changed_refuses_in_every_scope_that_includes_it
                a_user_changes_with_what_logins_change
                an_account_that_was_deleted_is_in_every_scope_of_it
                an_expectation_is_of_the_time_before_the_commit
                of_two_who_expect_the_same_one_wins
                what_is_not_known_any_more_refuses
                a_position_that_was_never_reached_refuses
            }
            administration {
                every_role_is_read_back
                administrators_are_in_the_order_of_user_ids
                a_role_is_taken_away
                nobody_who_does_not_exist_administers
                no_role_is_limited_to_an_account_that_does_not_exist
                an_administration_token_is_read_back
                an_administration_token_is_found_by_its_digest
                a_name_or_digest_of_an_administration_token_is_taken_once
                an_administration_token_that_is_replaced_keeps_its_last_use
                the_use_of_an_administration_token_moves_forward_only
                the_id_of_a_deleted_administration_token_is_never_given_again
                administrators_do_not_move_the_directory
            }
            gateway_rules {
                a_rule_of_the_gate_is_read_back
                a_rule_of_the_gate_is_replaced_by_one_of_the_same_name
                a_deleted_rule_of_the_gate_is_gone_and_may_be_made_again
                a_rule_of_the_gate_outlives_the_accounts_that_it_names
                rules_of_the_gate_are_followed_all_together
                rules_of_the_gate_are_followed_beside_accounts
                what_rests_on_rules_of_the_gate_is_refused_when_one_changed
            }
            answers {
                an_answer_is_read_back
                a_key_is_taken_once_and_takes_what_was_created_with_it
                a_refused_commit_remembers_and_forgets_nothing
                an_answer_that_is_too_old_is_replaced
                the_oldest_answers_are_forgotten_and_no_more_than_asked_for
                answers_do_not_move_the_directory
            }
            followed_ends {
                ends_of_every_kind_are_followed_by_their_entries
                an_end_that_is_not_committed_is_not_followed
            }
            master_keys {
                the_first_generation_is_active_at_first
                a_generation_takes_the_place_of_the_one_before
                generations_may_be_left_out
                an_earlier_generation_or_the_same_is_not_activated
                a_refused_commit_rotates_nothing
                an_expected_generation_that_is_not_active_refuses
                a_readable_generation_is_retired_when_nothing_remains
                a_session_keeps_its_generation_from_retiring
                a_sealed_secret_keeps_its_generation_from_retiring
                a_secret_that_was_changed_is_not_sealed_anew
                an_answer_keeps_its_generation_from_retiring
                the_answers_of_one_generation_are_forgotten
                digests_keep_their_generation_from_retiring_and_are_named
                superseded_secrets_keep_their_generation_from_retiring_too
                a_secret_that_was_changed_is_not_redone
                administration_tokens_that_work_no_more_keep_nothing
                what_is_sealed_or_redone_is_followed_as_a_change_of_the_directory
                rotations_do_not_move_the_directory
                a_generation_verifies_the_audit_while_entries_of_it_are_there
            }
            ends {
                the_sessions_of_a_user_end
                the_sessions_of_a_user_of_a_known_account_end
                none_of_a_user_ends_in_an_account_that_is_not_theirs
                the_sessions_of_a_user_but_one_end
                one_session_ends_by_its_id
                the_sessions_of_an_application_end
                the_sessions_of_an_application_of_a_known_account_end
                the_sessions_of_an_account_end
                the_sessions_from_an_address_end
                the_sessions_from_an_address_end_in_one_account
                the_sessions_opened_in_one_way_end
                all_sessions_but_one_end
                the_sessions_that_are_older_than_a_moment_end
                those_that_were_opened_in_the_moment_of_the_end_end_too
                the_sessions_under_a_generation_of_the_master_key_end
                the_last_generation_of_the_master_key_has_sessions_too
                a_generation_of_the_master_key_has_sessions_of_both_forms
                many_sessions_end_a_few_at_a_time_and_each_once
                of_whom_nothing_is_told_stays_and_is_passed_over
                a_walk_that_goes_on_looks_behind_where_it_was
                what_was_opened_just_before_ends_with_the_others
                several_ends_in_one_transaction_tell_which_is_unfinished
                a_refused_transaction_ends_nothing_and_tells_nothing
                the_end_of_one_session_is_told_if_it_was_there
                a_session_that_was_used_meanwhile_does_not_end_as_unused
                one_that_was_not_ends_and_is_told_once
                what_is_deleted_leaves_its_sessions_to_be_ended
                the_walk_of_a_user_begins_behind_any_session_of_theirs
            }
            audit {
                a_new_store_has_no_entries
                an_entry_is_read_back
                an_entry_about_a_user_bears_the_name_they_have_then
                an_entry_may_say_the_name_itself
                the_entry_of_a_deletion_bears_the_name_of_who_is_gone
                every_action_and_reason_is_read_back
                every_actor_means_and_target_is_read_back
                text_and_numbers_at_their_ends_are_read_back_from_the_audit
                entries_are_numbered_from_one_without_a_gap
                a_refused_commit_leaves_no_entry_and_no_gap
                an_entry_is_written_with_its_change
                the_audit_does_not_move_the_directory
                the_newest_come_first_unless_asked_otherwise
                the_pages_of_an_audit_are_every_entry_once
                a_page_begins_behind_any_place
                what_was_written_later_than_an_entry_is_left_out
                a_page_is_bounded_whatever_is_asked_for
                entries_of_an_account_are_found
                entries_about_a_user_are_found_with_and_without_the_account
                entries_about_a_session_are_found
                entries_of_an_action_are_found
                the_entry_about_a_refusal_is_found_by_its_id
                the_entry_about_a_refusal_is_found_among_many_others
                only_entries_about_refusals_tell_of_one
                entries_of_a_span_of_time_are_found
                entries_written_while_the_clock_was_wrong_are_found_by_their_time
                conditions_have_to_be_met_together
                what_is_old_is_pruned
                no_more_is_pruned_than_asked_for
                only_the_beginning_is_pruned
                numbers_go_on_after_everything_was_pruned
                a_refused_commit_prunes_nothing
            }
            audit_filters {
                each_filter_finds_and_counts_what_it_wants
                a_count_is_of_all_pages
                indexing_changes_nothing_that_is_told
            }
        }
    };
}

//! What every store has to do, written against the trait. A database passes by naming a function that opens an empty store:
//! `contract::cases!(crate::empty_world);`

pub(crate) mod catalogue;
pub(crate) mod customers;
pub(crate) mod duplicates;
pub(crate) mod families;
pub(crate) mod family_ends;
pub(crate) mod family_workload;
pub(crate) mod kin;
pub(crate) mod later;
pub(crate) mod life;
pub(crate) mod looking;
pub(crate) mod looks;
pub(crate) mod money;
pub(crate) mod moving;
pub(crate) mod opening;
pub(crate) mod questions;
pub(crate) mod races;
pub(crate) mod reports;
pub(crate) mod settling;
pub(crate) mod wishes;
pub(crate) mod workload;
mod world;

pub(crate) use world::{World, at, decision, fact, money, said};

/// One test per case.
macro_rules! cases {
    ($open:path) => {
        $crate::contract::cases! { @ $open;
            customers {
                a_customer_has_one_name_and_no_money
                a_customer_changes_where_told
                keys_find_their_owner_until_they_are_revoked
                keys_are_nobody_elses
                the_currency_is_fixed_for_ever
            }
            money {
                a_reference_is_booked_once
                adjustments_stop_at_the_credit_limit
                amounts_that_mean_nothing_are_refused
                what_does_not_fit_into_the_books_is_refused
                deposits_are_in_the_panels_currency
                a_statement_tells_all_that_happened_to_available
            }
            moving {
                what_moves_is_there_as_it_was
                what_is_there_already_moves_once
                what_lives_is_held_and_ends_like_any_other
                a_clash_moves_nothing
                new_orders_have_higher_numbers
                what_was_paid_before_is_given_back_until_nothing_is_left
            }
            opening {
                a_hold_leaves_available
                without_funds_nothing_happens
                credit_is_money_until_it_is_used
                an_order_may_begin_its_placement_at_once
                only_so_many_may_wait
                a_name_is_one_order_for_a_day
                what_was_opened_lately_without_a_name_is_found
                nothing_bought_costs_nothing
            }
            duplicates {
                a_window_makes_one_order_of_the_same
                what_came_to_nothing_is_not_repeated
                a_guarded_link_has_one_live_order
                a_refusal_under_a_name_is_repeated
                options_are_kept
            }
            questions {
                an_unknown_order_has_neighbours
                what_may_be_forgotten_is_said
                orphans_are_known_at_their_panel
                evidence_is_kept_once_and_told
                a_drift_lasts_until_it_is_another_one
                a_panel_stands_where_nothing_is_on_its_way
                what_the_books_do_not_know_is_named
                other_charges_are_listed
            }
            life {
                completed
                partial
                canceled
                refused
                refused_after_all
                late_confirmed
                returned_and_placed_elsewhere
                what_becomes_of_an_old_placement_changes_nothing
                never_sent
                an_upstream_id_is_one_order
                two_panels_may_use_equal_ids
                orphans_are_parked_once
                a_settlement_has_to_be_the_formulas
            }
            settling {
                an_operator_finds_the_order
                an_operator_finds_no_order
                an_operator_splits_the_hold
                a_closed_order_is_refunded_until_nothing_is_left
                only_placed_and_closed_orders_are_settled
                a_changed_charge_moves_the_difference
                a_charge_beyond_the_books_is_flagged
                facts_replace_older_ones_only
                closed_orders_learn_nothing
            }
            later {
                a_changed_end_pays_the_difference_once
                a_confirmed_end_is_as_young_as_the_look_at_it
                more_that_remains_is_more_that_goes_back
                nothing_is_ever_taken_back
                a_refund_by_hand_counts
                a_later_settlement_has_to_be_the_formulas
                only_what_a_fact_ended_ends_otherwise_later
            }
            families {
                what_a_panel_names_is_ours_once
                what_is_somebody_elses_is_no_child
                another_panels_order_may_have_the_id_of_a_child
                only_parents_that_were_placed_have_children
                who_comes_after_the_end_is_noted_once
                a_panel_that_makes_ids_up_is_soon_not_noted_any_more
                more_children_than_were_bought_take_no_more
                ids_that_look_alike_are_two
                the_id_of_a_child_is_no_new_orders
                a_parent_has_the_children_of_where_it_was_placed_last
                a_size_is_known_once
                a_size_that_cannot_be_is_refused
                equal_posts_keep_their_price_and_runs_have_none
                a_closed_child_has_the_size_it_had
                a_charge_is_better_than_a_quote
                a_charge_below_nothing_is_no_charge
            }
            family_ends {
                children_take_and_the_rest_goes_back
                the_last_child_takes_what_rounding_leaves
                a_child_too_many_takes_nothing
                a_child_that_ends_worse_later_gives_back
                an_operator_ends_a_family_child_by_child
                posts_charged_at_once_are_credited_at_the_end
                a_drip_feed_ends_alone
                a_child_is_canceled_like_any_order
                ends_of_a_family_may_come_at_once
                a_family_is_seen_like_other_orders
            }
            looks {
                a_doubt_is_kept_until_it_is_replaced
                a_closed_order_is_not_doubted
                what_is_learned_is_answered_as_it_is_kept
                only_so_much_is_learned_at_once
                any_order_may_be_flagged_once
                delivered_orders_are_counted_by_their_age
                how_a_panel_speaks_is_kept_until_it_is_forgotten
                placed_orders_come_in_pages
                ended_orders_come_in_pages_oldest_end_first
            }
            races {
                a_changed_end_is_paid_to_one_of_two
                one_of_two_closes_wins
                an_operator_and_a_panel_split_a_hold_once
                funds_for_ten_are_ten_orders
                one_of_many_placements_begins
                a_cancel_and_a_send_exclude_each_other
            }
            wishes {
                a_cancel_is_remembered_until_it_is_sent
                a_refused_cancel_may_be_asked_again
                only_orders_on_their_way_can_wish
                a_refill_is_asked_once_a_day
                a_refused_refill_is_forgotten
                refills_tell_their_last_word
            }
            catalogue {
                a_newer_list_replaces_an_older_one
                a_sync_keeps_what_changed
                a_sync_that_was_overtaken_keeps_nothing
                the_history_of_an_offer_ends_somewhere
                a_list_that_is_not_believed_is_kept_aside
                services_keep_their_ids
                reserved_ids_are_never_given
                what_became_of_orders_is_told_by_the_hour
                rules_keep_their_number
                pauses_last_until_they_end
            }
            looking {
                filters_narrow_newest_first
                lists_go_on_where_they_were_cut_off
                waiting_orders_are_oldest_first_and_sendable
                live_orders_are_counted
                a_story_tells_everything
                foreign_texts_are_cut
                unknown_ids_are_left_out_or_not_found
            }
            reports {
                profit_is_what_the_accounts_say
                the_day_of_a_transfer_counts
                every_group_adds_up_to_the_whole
                past_orders_come_with_what_they_cost
                past_children_are_what_they_were_charged_as
                a_past_that_begins_with_a_child_has_all_charges
                nobody_has_to_listen_to_the_end
            }
            family_workload {
                families_agree_with_naive_arithmetic
            }
            workload {
                a_naive_ledger_agrees
            }
        }
    };
    (@ $open:path; $($module:ident { $($case:ident)+ })+) => { $(
        mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::contract::$module::$case($open().await).await;
            }
        )+ }
    )+ };
}
pub(crate) use cases;

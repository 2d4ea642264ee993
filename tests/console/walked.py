"""Which test walks which route of the console in the browser: a promise that is checked.

Each test that uses ``visit`` must have had an answer from every route that names it here, and every
route must be named (test_every_page.py): a page or an action that is added without a test in
the browser fails.
"""

import re
from functools import cache
from typing import Final

from worker.console import pages

WALKED: Final = {
    "GET /": "test_using::test_the_overview_draws_and_is_fetched_anew",
    "GET /alarms": "test_alarms::test_the_urgent_ones_stand_first_and_the_past_is_apart",
    "GET /alarms/mark": "test_alarms::test_the_navigation_counts_what_nobody_looks_after",
    "POST /alarms/{id}/acknowledge": "test_alarms::test_a_person_looks_after_an_alarm_and_ends_it",
    "POST /alarms/{id}/resolve": "test_alarms::test_a_person_looks_after_an_alarm_and_ends_it",
    "GET /audit": "test_using::test_what_was_done_stands_in_the_audit",
    "GET /catalogue": "test_using::test_the_keyboard_reaches_everything",
    "GET /catalogue/{product_id}": "test_using::test_the_keyboard_reaches_everything",
    "POST /catalogue/sync": "test_using::test_a_form_works_without_scripts",
    "GET /channels": "test_using::test_a_channel_is_paused_slowed_and_resumed",
    "POST /channels/{app_key}/pause": "test_using::test_a_channel_is_paused_slowed_and_resumed",
    "POST /channels/{app_key}/resume": "test_using::test_a_channel_is_paused_slowed_and_resumed",
    "POST /channels/{app_key}/rate": "test_using::test_a_channel_is_paused_slowed_and_resumed",
    "GET /desk": "test_orders::test_the_desk_names_the_money_first_and_an_operator_settles",
    "GET /letters": "test_letters::test_groups_filters_and_pages",
    "GET /letters/{id}": "test_letters::test_a_letter_is_discarded_noted_and_restored",
    "POST /letters/{id}/reveal": (
        "test_letters::test_a_body_is_masked_until_somebody_reveals_it_and_is_recorded"
    ),
    "POST /letters/{id}/replay": "test_letters::test_a_letter_is_replayed_at_once",
    "POST /letters/{id}/discard": "test_letters::test_a_letter_is_discarded_noted_and_restored",
    "POST /letters/{id}/restore": "test_letters::test_a_letter_is_discarded_noted_and_restored",
    "POST /letters/{id}/note": "test_letters::test_a_letter_is_discarded_noted_and_restored",
    "POST /letters/{id}/editor": (
        "test_letters::test_an_edit_is_checked_and_takes_the_letters_place"
    ),
    "POST /letters/{id}/edit": "test_letters::test_an_edit_is_checked_and_takes_the_letters_place",
    "POST /letters/discard": "test_letters::test_those_chosen_are_discarded_together",
    "GET /login": "test_using::test_log_in_look_around_log_out",
    "POST /login": "test_using::test_log_in_look_around_log_out",
    "POST /logout": "test_using::test_log_in_look_around_log_out",
    "GET /orders": "test_orders::test_an_order_is_found_and_read_and_nobody_is_named",
    "GET /orders/{number}": "test_orders::test_an_order_is_found_and_read_and_nobody_is_named",
    "GET /orders/{number}/saga.svg": (
        "test_orders::test_an_order_is_found_and_read_and_nobody_is_named"
    ),
    "POST /orders/{number}/reveal": "test_orders::test_what_is_revealed_is_recorded",
    "POST /orders/{number}/resolve": (
        "test_orders::test_the_desk_names_the_money_first_and_an_operator_settles"
    ),
    "POST /orders/{number}/resend": "test_order::test_the_keyboard_resends_vouchers_on_a_phone",
    "POST /preferences": "test_using::test_language_and_theme_are_switched_and_kept",
    "GET /reconciliation": "test_money::test_a_day_is_shown_by_kind_with_what_to_do",
    "GET /reconciliation/{day}.csv": "test_money::test_the_link_on_the_page_leads_to_the_csv",
    "GET /refunds": "test_money::test_refunds_that_are_open_and_that_ended",
    "GET /replays": "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed",
    "GET /replays/new": (
        "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed"
    ),
    "POST /replays": "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed",
    "GET /replays/{id}": (
        "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed"
    ),
    "POST /replays/{id}/cancel": (
        "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed"
    ),
    "POST /replays/{id}/resume": (
        "test_letters::test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed"
    ),
}


def name_of(route: pages.Route) -> str:
    """Return a route as it is named here."""
    return f"{route.method} {route.path}"


def route_of(method: str, path: str) -> set[str]:
    """Return the route of an address, the first that fits, as the router chooses; none: nothing."""
    fits = (name for name, pattern in _patterns() if pattern.fullmatch(f"{method} {path}"))
    return set(list(fits)[:1])


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    names = [name_of(route) for one in pages.ALL for route in one.routes]
    return [(name, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name)))) for name in names]

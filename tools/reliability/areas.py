"""The rows of the table: what is tried, and by which tests."""

from dataclasses import dataclass

FUNCTIONS, E2E = "tests/functions", "tests/e2e"
KEEP_ALIVE = f"{FUNCTIONS}/keep_alive/test_runs.py"


@dataclass(frozen=True, kw_only=True)
class Area:
    """One row: the tests whose figures it adds up, each a file or a test in one."""

    title: str
    tried: str
    """What the figure of the column `tried` counts."""
    tests: tuple[str, ...]
    described: str
    """What the tests do and require, in a sentence or two."""


AREAS = (
    Area(
        title="DynamoDB faults by operation",
        tried="failed calls",
        tests=(f"{FUNCTIONS}/handlers/test_dynamodb_faults.py::test_each_call_may_fail",),
        described=(
            "Each call of each of 18 requests and events fails once in each of seven ways: throttled, "
            "broken, denied, without its table, silent, executed without a response, and in progress. "
            "The client repeats the request. It takes effect once, and no record is left that nothing "
            "refers to."
        ),
    ),
    Area(
        title="Requests at once",
        tried="injected faults",
        tests=(
            f"{FUNCTIONS}/use_cases/test_concurrency.py",
            f"{KEEP_ALIVE}::test_a_keep_alive_run_beside_joins_and_disconnects_leaves_the_counts_right",
        ),
        described=(
            "Requests race in threads while the local AWS injects conflicts of transactions, "
            "throttled keys and slow responses. Counts, offsets and generations agree afterwards."
        ),
    ),
    Area(
        title="Odd inputs",
        tried="messages and requests",
        tests=(
            f"{FUNCTIONS}/handlers/test_route.py::test_no_message_gives_an_internal_error",
            f"{FUNCTIONS}/handlers/test_route.py::test_no_body_gives_an_internal_error",
            f"{E2E}/test_http_contract.py::test_generated_requests_are_answered_as_described",
            f"{E2E}/test_bad_input.py::test_a_bad_message_gets_its_own_code",
        ),
        described=(
            "Generated messages, bodies and HTTP requests, valid and invalid. Each has a reply that "
            "the protocol describes, and the code `INTERNAL` is never among them."
        ),
    ),
    Area(
        title="Invalid tokens",
        tried="refused tokens",
        tests=(
            f"{E2E}/test_bad_input.py::test_a_bad_token_is_refused_at_the_handshake",
            f"{E2E}/test_bad_input.py::test_a_bad_token_is_refused_over_http",
        ),
        described=(
            "Forged, changed and malformed tokens, as a subprotocol, a header, in the query and over "
            "HTTP. Each is refused, and no client becomes an anonymous listener by it."
        ),
    ),
    Area(
        title="Messages, simulated",
        tried="delivered messages",
        tests=(f"{FUNCTIONS}/fan_out/test_every_message.py",),
        described=(
            "The functions run in one process. Calls fail, pushes are lost, late and reordered, clients "
            "connect and disconnect, and tasks of the queue are lost, late and duplicated. Each listener "
            "receives each message once and in order, or `reset` if messages are no longer retained."
        ),
    ),
    Area(
        title="Messages, deployed",
        tried="delivered messages",
        tests=(f"{E2E}/test_accounting.py",),
        described=(
            "The deployed local stack, 20 clients with the Python library that lose their networks, "
            "and faults of API Gateway: throttled, delayed and reordered pushes, aborted publishes, "
            "disconnects that are lost, late or doubled."
        ),
    ),
    Area(
        title="Days",
        tried="delivered messages",
        tests=(f"{E2E}/test_keep_alive.py::test_a_session_of_days_loses_nothing",),
        described=(
            "A session of five days whose hours pass in seconds. Each client moves to another "
            "connection at each limit. On the second day no keep-alive runs, and every connection is "
            "disconnected at its limit."
        ),
    ),
    Area(
        title="Outages",
        tried="delivered messages",
        tests=(f"{E2E}/test_outages.py",),
        described=(
            "During a session of ten listeners the gateway is frozen, then killed, the local AWS is "
            "frozen, the database fails, and the database does not answer, for 20 seconds each. "
            "Clients recover by themselves. Runs of the keep-alive then remove what the lost "
            "disconnects left."
        ),
    ),
    Area(
        title="Kills of `make up`",
        tried="commands",
        tests=(f"{E2E}/test_recovery.py",),
        described=(
            "`make up` is killed during a deployment, the emulator is killed at rest and during an "
            "update, and ports and folders are taken. The next command brings the stack up, or says "
            "in one line what to do."
        ),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """Something that must not happen, and the test that would see it."""

    sentence: str
    test: str


def _hazard(sentence: str, file: str, name: str) -> Hazard:
    return Hazard(sentence=sentence, test=f"{FUNCTIONS}/{file}.py::test_{name}")


HAZARDS = (
    _hazard(
        "A disconnect that is reported twice is subtracted twice.",
        "use_cases/test_disconnect",
        "a_listener_whose_disconnect_is_reported_twice_is_subtracted_once",
    ),
    _hazard(
        "A late disconnect of a replaced speaker ends the newer attachment.",
        "use_cases/test_disconnect",
        "a_late_disconnect_of_a_replaced_speaker_changes_nothing",
    ),
    _hazard(
        "A listener whose disconnect was lost is counted for ever.",
        "keep_alive/test_runs",
        "a_disconnected_listener_is_no_longer_counted",
    ),
    _hazard(
        "A speaker whose disconnect was lost keeps a session open for ever.",
        "keep_alive/test_runs",
        "a_lost_speaker_starts_the_grace_period_whose_end_ends_the_session",
    ),
    _hazard(
        "A replaced speaker still publishes.",
        "use_cases/test_publish",
        "a_replaced_speaker_loses_its_permissions_at_once",
    ),
    _hazard(
        "Two resumes at once both become the speaker.",
        "use_cases/test_resume_session",
        "of_two_that_read_the_same_generation_one_attaches",
    ),
    _hazard(
        "A late repeat of a resume takes the session back.",
        "use_cases/test_resume_session",
        "a_late_retry_does_not_take_the_session_back",
    ),
    _hazard(
        "A repeated createSession creates a second session.",
        "use_cases/test_create_session",
        "the_same_subject_and_request_id_get_the_same_session_however_often",
    ),
    _hazard(
        "A repeated createSession gets a later session with the same id.",
        "use_cases/test_create_session",
        "a_retry_never_gets_a_later_session_with_the_same_id",
    ),
    _hazard(
        "A repeated publish appends the message twice.",
        "use_cases/test_publish",
        "a_repeated_request_keeps_its_offset_and_is_sent_again",
    ),
    _hazard(
        "A late repeat of an update reverts a later one.",
        "use_cases/test_update_session",
        "a_late_retry_reverts_no_change",
    ),
    _hazard(
        "More listeners join than the session has places.",
        "use_cases/test_join_session",
        "capacity_is_filled_and_never_exceeded",
    ),
    _hazard(
        "A session lives on because DynamoDB has not deleted it yet.",
        "use_cases/test_join_session",
        "expiry_holds_before_the_run_marks_it",
    ),
    _hazard(
        "A gap in the log is passed over in silence.",
        "use_cases/test_replay",
        "a_gap_in_the_log_causes_a_reset",
    ),
    _hazard(
        "A position of another session's life is continued.",
        "use_cases/test_replay",
        "a_position_of_another_epoch_is_reset",
    ),
    _hazard(
        "One listener that does not read delays the others.",
        "fan_out/test_fan_out",
        "one_stalled_listener_of_a_hundred_is_pushed_to_once_and_delays_nobody",
    ),
    _hazard(
        "A speaker that does not read delays the counts of others.",
        "use_cases/test_presence",
        "a_speaker_that_does_not_read_delays_no_other_session",
    ),
    _hazard(
        "A message is acknowledged that can be neither sent nor queued.",
        "fan_out/test_fan_out",
        "a_publish_that_cannot_queue_its_shards_fails_and_is_retried",
    ),
    _hazard(
        "A message is appended that no time is left to send.",
        "handlers/test_deadline",
        "a_message_that_no_time_is_left_to_send_is_not_appended",
    ),
    _hazard(
        "A handler is stopped by its timeout, because calls are slow.",
        "handlers/test_deadline",
        "every_handler_replies_in_time",
    ),
    _hazard(
        "A task of the queue that comes twice is served twice.",
        "fan_out/test_fan_out",
        "a_shard_gets_its_messages_in_order_and_duplicate_tasks_once",
    ),
    _hazard(
        "A malformed task keeps the others of its batch in the queue.",
        "handlers/test_fan_out",
        "malformed_tasks_are_counted_without_any_other_task",
    ),
    _hazard(
        "Overlapping runs of the keep-alive send a notice twice.",
        "keep_alive/test_runs",
        "overlapping_runs_send_each_notice_once",
    ),
    _hazard(
        "A run that crashed leaves due items behind.",
        "keep_alive/test_runs",
        "the_next_run_completes_a_run_that_crashed_at_any_call",
    ),
    _hazard(
        "A run that is skipped does harm.",
        "keep_alive/test_runs",
        "a_skipped_minute_does_no_harm",
    ),
    _hazard(
        "A run invokes itself without end.",
        "keep_alive/test_continuations",
        "a_chain_of_invocations_ends",
    ),
    _hazard(
        "Requests fail because the table of limits is away.",
        "handlers/test_dynamodb_faults",
        "no_limit_stops_anyone_when_its_table_cannot_tell",
    ),
    _hazard(
        "A flood of one address switches the limits of all off.",
        "adapters/test_rate_limits",
        "a_throttled_key_is_over_its_limit_and_other_keys_are_still_limited",
    ),
    _hazard(
        "A guess beyond the limit shows whether it is right.",
        "use_cases/test_abuse",
        "a_right_guess_beyond_the_limit_looks_like_a_wrong_one",
    ),
    _hazard(
        "A short request brings any number of pushes.",
        "use_cases/test_abuse",
        "a_replay_is_paid_for_by_the_messages_that_it_pushes",
    ),
    _hazard(
        "A hall behind one address does not get in.",
        "use_cases/test_abuse",
        "a_hall_gets_in_within_a_minute_and_returns_after_a_common_disconnect",
    ),
    _hazard(
        "Listeners are disconnected because the account is throttled.",
        "adapters/test_sender",
        "an_account_that_is_throttled_for_a_while_loses_no_listener",
    ),
    _hazard(
        "Sockets that died in a frozen function delay its next push.",
        "adapters/test_sender",
        "sockets_that_fell_silent_while_the_function_was_frozen_cost_one_attempt_together",
    ),
    _hazard(
        "A client connects because the signing keys cannot be fetched.",
        "handlers/test_authorize",
        "keys_that_cannot_be_fetched_deny",
    ),
)

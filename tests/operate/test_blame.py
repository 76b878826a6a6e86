"""Blame follows a harmed request down to one place, whatever its trace looks like."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telic.model import Row
from telic.operate.diagnosis.blame import Blame, Normals, blame
from telic.operate.diagnosis.traces import Span, spans_of

NORMALS = Normals({("hotel", "server", "", "near"): 0.013}, {("search", "hotel"): 0.001})


def server(identity: str, parent: str, service: str, seconds: float, error: str = "", status: int = 200) -> Span:
    return Span(identity, parent, service, "near", "server", "", "", 0.0, seconds, bool(error), status, error)


def client(identity: str, parent: str, caller: str, callee: str, seconds: float, error: str = "") -> Span:
    statement = "q" if callee == "postgres" else ""
    return Span(identity, parent, caller, "near", "client", callee, statement, 0.0, seconds, bool(error), 0, error)


def place(*spans: Span) -> tuple[str, str, str]:
    found = blame(list(spans), "gateway", NORMALS)
    assert found is not None
    return found.place


def chain(error: str, *below: Span, seconds: float = 0.6) -> tuple[str, str, str]:
    """gateway -> search -> hotel, where the call to hotel ends with `error`."""
    return place(
        server("1", "", "gateway", seconds, "503" if error else "", 503 if error else 200),
        client("2", "1", "gateway", "search", seconds, "503" if error else ""),
        server("3", "2", "search", seconds, error, 503 if error else 200),
        client("4", "3", "search", "hotel", seconds, error),
        *below,
    )


def test_a_call_without_an_answer_blames_the_edge() -> None:
    assert chain("timeout") == ("edge", "search->hotel", "unanswered")


def test_a_refused_connection_blames_the_edge() -> None:
    assert chain("connection_refused") == ("edge", "search->hotel", "connection")


def test_an_exception_blames_the_service_that_raised() -> None:
    assert chain("500", server("5", "4", "hotel", 0.01, "KeyError", 500)) == ("service", "hotel", "raised")


def test_an_error_status_without_the_callees_span_blames_the_callee() -> None:
    assert chain("500") == ("service", "hotel", "raised")


def test_a_late_answer_of_a_fast_callee_blames_the_path() -> None:
    assert chain("timeout", server("5", "4", "hotel", 0.013)) == ("edge", "search->hotel", "gap")


def test_what_passes_before_the_callee_begins_is_told_apart_from_what_passes_after_it() -> None:
    call = Span("2", "1", "gateway", "near", "client", "hotel", "", 10.0, 0.6, True, 0, "timeout")
    served = Span("3", "2", "hotel", "near", "server", "", "", 10.3, 0.01, False, 200, "")
    found = blame([server("1", "", "gateway", 0.6, "503", 503), call, served], "gateway", NORMALS)
    assert found is not None
    assert found.place == ("edge", "gateway->hotel", "gap")
    assert found.ahead is not None
    assert round(found.ahead, 2) == 0.5


def test_a_late_answer_of_a_slow_callee_blames_its_statement() -> None:
    below = (server("5", "4", "hotel", 0.59, "504", 504), client("6", "5", "hotel", "postgres", 0.5, "timeout"))
    assert chain("timeout", *below) == ("statement", "hotel->postgres", "slow")


def test_a_refused_statement_is_blamed_with_its_state() -> None:
    below = (server("5", "4", "hotel", 0.01, "503", 503), client("6", "5", "hotel", "postgres", 0.001, "42501"))
    assert chain("503", *below) == ("statement", "hotel->postgres", "failed")


def test_slowness_without_errors_is_followed_too() -> None:
    assert chain("", server("5", "4", "hotel", 0.5)) == ("service", "hotel", "slow")
    assert chain("", server("5", "4", "hotel", 0.013)) == ("edge", "search->hotel", "gap")


def test_the_call_that_failed_last_counts_not_the_one_that_was_tried_again() -> None:
    found = place(
        server("1", "", "gateway", 0.1, "503", 503),
        client("2", "1", "gateway", "user", 0.01, "connection_reset"),
        Span("3", "1", "gateway", "near", "client", "hotel", "", 0.02, 0.05, True, 0, "timeout"),
        Span("4", "1", "gateway", "near", "client", "review", "", 0.08, 0.01, True, 0, "breaker_open"),
    )
    assert found == ("edge", "gateway->user", "connection")


SERVICES = st.sampled_from(["gateway", "search", "hotel", "postgres"])
ERRORS = st.sampled_from(["", "timeout", "503", "KeyError", "connection_refused", "breaker_open", "42501", "429"])


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    """Any tree of spans, sensible or not."""
    spans = [server("0", "", "gateway", 1.0, draw(ERRORS), 503)]
    for number in range(1, draw(st.integers(0, 12))):
        parent = str(draw(st.integers(0, number - 1)))
        error, seconds = draw(ERRORS), draw(st.floats(0.0, 2.0))
        made = client(str(number), parent, draw(SERVICES), draw(SERVICES), seconds, error)
        spans.append(made if draw(st.booleans()) else server(str(number), parent, draw(SERVICES), seconds, error))
    return spans


@given(traces())
def test_every_trace_blames_exactly_one_place(spans: list[Span]) -> None:
    found = blame(spans, "gateway", NORMALS)
    assert isinstance(found, Blame)
    assert found.path[-1] == "gateway"
    assert (found.kind == "service") == ("->" not in found.entity)


def test_a_trace_without_its_entry_blames_nobody() -> None:
    assert blame([server("1", "", "hotel", 0.1)], "gateway", NORMALS) is None


def row(
    identity: str, parent: str, service: str, kind: str, *, peer: str = "", error: str = "", status: int = 422
) -> Row:
    return {
        "trace_id": "t", "span_id": identity, "parent_span_id": parent, "service": service, "version": "1",
        "name": "train" if service == "inference" else "tune", "kind": kind, "peer": peer, "statement": "",
        "status": "unset", "http_status": status, "error_type": "", "start_ns": int(identity), "duration_ns": 10**7,
        "business_error": error,
    }  # fmt: skip


def test_a_business_error_that_users_call_bad_is_blamed_on_who_said_it_first_and_on_who_asked() -> None:
    rows = [
        row("1", "", "gateway", "server", error="version_conflict"),
        row("2", "1", "gateway", "client", peer="user", status=200),
        row("3", "2", "user", "server", status=200),
        row("4", "1", "gateway", "client", peer="tuning"),
        row("5", "4", "tuning", "server", error="version_conflict"),
        row("6", "5", "tuning", "client", peer="inference"),
        row("7", "6", "inference", "server", error="version_conflict"),
    ]
    bad = {"tune": frozenset({"version_conflict"})}
    found = blame(spans_of(rows, "gateway", bad)["t"], "gateway", Normals())
    assert found is not None
    assert (found.place, found.detail) == (("service", "inference", "raised"), "version_conflict")
    assert [each for each in ("gateway", "user", "tuning", "inference") if found.touches(each)] == [
        "tuning",
        "inference",
    ]
    for good in ({}, {"tune": frozenset({"not_found"})}, {"train": frozenset({"version_conflict"})}):
        assert not any(each.failed for each in spans_of(rows, "gateway", good)["t"])


def test_rows_of_the_store_become_spans_by_trace() -> None:
    told = {
        "trace_id": "t", "span_id": "1", "parent_span_id": "", "service": "gateway", "version": "1", "name": "near",
        "kind": "server", "peer": "", "statement": "", "status": "unset", "http_status": 429, "error_type": "",
        "start_ns": 1, "duration_ns": 10**9,
    }  # fmt: skip
    (span,) = spans_of([told])["t"]
    assert span.failed
    assert span.seconds == 1.0

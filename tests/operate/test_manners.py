"""What tells the narrower cause: a change's text, an SQLSTATE, a message, and how the harm looks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.operate.test_changed import AT_RATING, DEPLOY, ONSET, ROLLBACK, findings

from telic.model import Change, InstanceState, StoreState, Window
from telic.operate.diagnosis.blame import Blame
from telic.operate.diagnosis.changed import changed
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.manners import narrowed
from telic.operate.diagnosis.manners.manner import known
from telic.operate.diagnosis.manners.shown import FEATURES, shown
from telic.operate.diagnosis.mechanisms.network_partition import network_partition
from telic.operate.diagnosis.mechanisms.store_refusal import store_refusal
from telic.operate.diagnosis.mechanisms.store_slow import store_slow
from telic.operate.diagnosis.proposal import Clue, Proposal
from telic.operate.diagnosis.ranking import last_resort
from telic.telemetry.queries import EdgeCalls, StatementCalls

PAUSE = """--- a/services/rating/handlers.py
+++ b/services/rating/handlers.py
@@ -10,3 +10,5 @@
     async def __call__(self, request):
+        time.sleep(0.4)
+        return await self._answer(request)
"""
COMMENT = """--- a/services/rating/handlers.py
+++ b/services/rating/handlers.py
@@ -10,3 +10,4 @@
     async def __call__(self, request):
+        # Names follow the glossary.
"""
BEFORE = Window(ONSET - 20.0, ONSET - 2.0)
NOW = Window(ONSET, ONSET + 5.0)


def picture(window: Window, *statements: StatementCalls, **more: Any) -> Picture:
    return Picture(window, statements=statements, covered=window.seconds, **more)


def with_store(found: Findings, current: Picture, baseline: Picture, *blames: Blame) -> Findings:
    store = StoreState("postgres", InstanceState("postgres-1", 1, "ready", "", 0.0))
    state = replace(found.state, stores={"postgres": store})
    return replace(found, state=state, current=current, baseline=baseline, blames=blames)


def asked(
    service: str, statement: str, *, seconds: float = 0.001, text: str = "SELECT 1", state: str = "", errors: int = 0
) -> StatementCalls:
    states = {state: errors} if state else {}
    return StatementCalls(service, statement, 20, "postgres", p50=seconds, errors=errors, text=text, by_state=states)


def in_statement(service: str, detail: str = "") -> Blame:
    how = "failed" if detail else "slow"
    return Blame("statement", f"{service}->postgres", how, "q", detail, (service, "gateway"))  # type: ignore[arg-type]


def test_every_manner_names_features_that_there_are() -> None:
    named = {name.removeprefix("no ") for each in known() for name in each.shows}
    assert named <= set(FEATURES)
    assert len({each.name for each in known()}) == len(known()) >= 70


def test_a_pause_in_an_event_loop_that_lags_is_a_blocking_call() -> None:
    found = replace(
        findings(replace(DEPLOY, diff=PAUSE), blames=AT_RATING), current=Picture(NOW, lag={"rating": 0.4}),
        baseline=Picture(BEFORE),
    )  # fmt: skip
    (change,) = changed(found)
    manner = narrowed(found, change)
    assert manner is not None
    assert (manner.name, manner.direct) == ("blocking-call", True)
    assert change.weight > 1.386  # such a change is taken back at once
    guess = Proposal("cpu-starvation", "rating", [Clue(3.5, "it lags")])
    assert last_resort([guess], [change], ())[0].mitigations == (ROLLBACK,)


@pytest.mark.parametrize("diff", ["", COMMENT], ids=["no diff", "a comment"])
def test_a_change_that_says_nothing_has_no_manner(diff: str) -> None:
    found = findings(replace(DEPLOY, diff=diff), blames=AT_RATING)
    (change,) = changed(found)
    manner = narrowed(found, change)
    assert manner is None or not manner.direct
    assert change.weight < 1.386


def test_a_pause_where_the_event_loop_turns_is_no_blocking_call() -> None:
    found = findings(replace(DEPLOY, diff=PAUSE.replace("time.sleep", "await asyncio.sleep")), blames=AT_RATING)
    (change,) = changed(found)
    manner = narrowed(found, change)
    assert manner is None or manner.name != "blocking-call"


@pytest.mark.parametrize(
    ("diff", "mechanism", "name"),
    [
        ("shed: 0.0 -> 0.7", "overload", ""),
        ('cache: {"ttl":10.0} -> null', "overload", "cache-disabled"),
        ("probe.alive_within: 0.0 -> 0.0002", "crash-loop", "bad-probe"),
        ("upstream.offer.timeout: 0.6 -> 0.002", "network-partition", "timeout-too-short"),
        ("feature.add_completion: True -> False", "bad-change", "flag-flipped"),
    ],
)
def test_a_setting_says_what_it_does(diff: str, mechanism: str, name: str) -> None:
    change = Change("C8", ONSET, "config", "rating", "settings", diff=diff)
    found = findings(change, blames=(Blame("service", "rating", "refused"),) * 5)
    manner = narrowed(found, Proposal(mechanism, "rating", [], change=change))
    assert manner is not None
    assert manner.name == (name or "admission-closed")


@pytest.mark.parametrize("diff", ["store.postgres.pool: 3 -> 4", "upstream.offer.timeout: 0.6 -> 2.0"])
def test_a_setting_that_turns_the_other_way_does_not_do_it(diff: str) -> None:
    change = Change("C8", ONSET, "config", "rating", "settings", diff=diff)
    found = findings(change, blames=(Blame("service", "rating", "slow"),) * 5)
    manner = narrowed(found, Proposal("overload", "rating", [], change=change))
    assert manner is None or manner.name not in ("pool-too-small", "timeout-too-short")


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("53100", "disk-full"),
        ("53300", "connections-exhausted"),
        ("42P01", "table-missing"),
        ("42703", "bad-migration"),
        ("23514", "constraint-violation"),
        ("3D000", "wrong-database"),
        ("40P01", "deadlock"),
    ],
)
def test_a_database_that_refuses_says_why(state: str, name: str) -> None:
    blames = [in_statement("rating", state)] * 9
    now = picture(NOW, asked("rating", "insert", state=state, errors=18))
    found = with_store(findings(blames=()), now, picture(BEFORE, asked("rating", "insert")), *blames)
    (refusal,) = store_refusal(found)
    assert (refusal.mechanism, refusal.entity, refusal.mitigations[0].verb) == ("store-refusal", "rating", "reconcile")
    assert refusal.weight > 1.386
    manner = narrowed(found, refusal)
    assert manner is not None
    assert manner.name == name


@pytest.mark.parametrize(
    ("state", "present", "secrets", "next_"),
    [
        (
            "28P01",
            "/s/rating",
            {"/s/rating": 1.0, "/s/rating-2": 5.0, "/s/rating-3": 7.0, "/s/user": 9.0},
            "/s/rating-3",
        ),
        ("28P01", "/s/rating-2", {"/s/rating": 1.0, "/s/rating-2": 5.0}, ""),
        ("28P01", "/s/rating", {"/s/rating": 5.0, "/s/rating-old": 1.0}, ""),
        ("28P01", "", {"/s/rating": 1.0, "/s/rating-2": 5.0}, ""),
        ("42P01", "/s/rating", {"/s/rating": 1.0, "/s/rating-2": 5.0}, ""),
    ],
    ids=["rotated", "the last one already", "an older one", "none is given", "another refusal"],
)
def test_a_password_that_is_refused_gives_way_to_the_one_written_later_beside_it(
    state: str, present: str, secrets: dict[str, float], next_: str
) -> None:
    key = "store.postgres.password_file"
    now = picture(NOW, asked("rating", "insert", state=state, errors=18))
    found = with_store(
        findings(blames=()), now, picture(BEFORE, asked("rating", "insert")), in_statement("rating", state)
    )
    given = replace(found.state.services["rating"], config={key: present} if present else {})
    services = {**found.state.services, "rating": given}
    (refusal,) = store_refusal(replace(found, state=replace(found.state, services=services, secrets=secrets)))
    first = refusal.mitigations[0]
    assert (first.verb, first.params.get("value", "")) == ("set_config" if next_ else "reconcile", next_)
    assert refusal.mitigations[-1].verb == "reconcile"


def test_what_several_services_are_refused_is_the_stores_doing_and_its_path_begins_there() -> None:
    services = ("rating", "order")
    blames = [in_statement(each, "25006") for each in services] * 3
    now = picture(NOW, *(asked(each, "insert", state="25006", errors=18) for each in services))
    found = with_store(
        findings(blames=()), now, picture(BEFORE, *(asked(each, "insert") for each in services)), *blames
    )
    (refusal,) = store_refusal(found)
    assert refusal.entity == "postgres"
    assert found.path("postgres") == ("postgres", "rating", "gateway")


@pytest.mark.parametrize("case", ["usual", "cancelled", "privilege", "deployed"])
def test_other_refusals_are_not_the_databases_own(case: str) -> None:
    state = {"cancelled": "57014", "privilege": "42501"}.get(case, "42P01")
    before = asked("rating", "insert", state=state if case == "usual" else "", errors=40)
    now = picture(NOW, asked("rating", "insert", state=state, errors=10))
    changes = (DEPLOY,) if case == "deployed" else ()
    blames = [in_statement("rating", state)] * 9
    found = with_store(findings(*changes, blames=()), now, picture(BEFORE, before), *blames)
    assert all(each.weight < 1.386 for each in store_refusal(found))
    assert case == "deployed" or not store_refusal(found)


@pytest.mark.parametrize(("text", "name"), [("INSERT INTO t", "slow-disk"), ("SELECT 1", "slow-store")])
def test_a_store_that_is_slow_for_everybody_is_to_blame_and_not_who_asks(text: str, name: str) -> None:
    services, slow = ("rating", "order", "wish"), 0.08
    now = [asked(each, "q", seconds=slow, text=text) for each in services]
    now += [asked(each, "r", seconds=0.001 if name == "slow-disk" else slow) for each in services]
    before = [asked(each, "q", text=text) for each in services] + [asked(each, "r") for each in services]
    blames = [in_statement(each) for each in services]
    found = with_store(findings(blames=()), picture(NOW, *now), picture(BEFORE, *before), *blames)
    (proposal,) = store_slow(found)
    assert (proposal.entity, proposal.weight > 1.386) == ("postgres", True)
    manner = narrowed(found, proposal)
    assert manner is not None
    assert manner.name == name


def test_one_service_that_waits_for_its_own_statement_is_no_slow_store() -> None:
    now = picture(NOW, asked("rating", "q", seconds=0.2), asked("order", "r"))
    found = with_store(findings(blames=()), now, picture(BEFORE, asked("rating", "q"), asked("order", "r")))
    assert store_slow(found) == []


def running(found: Findings) -> Findings:
    ready = (InstanceState("rating-1", 1, "ready", "2", 0.0),)
    services = {"rating": replace(found.state.services["rating"], instances=ready)}
    return replace(found, state=replace(found.state, services=services))


def test_features_of_an_edge() -> None:
    edge = EdgeCalls("rating", "order", 10, 10, {"timeout": 10}, matched=10, gap_p50=0.6, gap_p95=0.6)
    found = replace(findings(blames=()), current=Picture(NOW, edges={"rating->order": edge}))
    assert {"arrives", "all fail"} <= shown(found, "rating->order")
    patience = {"gap constant"}  # of the caller: that is all that is known of calls that were all given up
    assert not ({"silent", "some fail", "few arrive", "gap varies"} | patience) & shown(found, "rating->order")


@pytest.mark.parametrize(
    ("mechanism", "calls", "errors", "matched", "gap", "ahead", "name"),
    [
        ("network-delay", 12, 0, 12, (0.25, 0.26), 0.49, "network-delay"),
        ("network-delay", 28, 28, 28, (0.997, 1.0), 0.45, "network-delay"),
        ("network-delay", 28, 28, 28, (0.997, 1.0), 0.001, "partition-oneway"),
        ("network-delay", 11, 0, 11, (0.138, 0.277), 0.49, "network-jitter"),
        ("network-delay", 7, 0, 7, (0.14, 0.188), 0.49, "network-jitter"),
        ("network-delay", 48, 8, 40, (0.177, 0.467), 0.49, "link-flapping"),
        ("network-partition", 25, 25, 0, (0.0, 0.0), None, "network-partition"),
        ("network-partition", 25, 24, 1, (0.001, 0.001), None, "network-partition"),
        ("network-partition", 24, 24, 5, (0.599, 0.599), 0.4, "bandwidth"),
    ],
)
def test_what_becomes_of_the_calls_of_an_edge_tells_what_is_wrong_with_it(
    mechanism: str, calls: int, errors: int, matched: int, gap: tuple[float, float], ahead: float | None, name: str
) -> None:
    edge = EdgeCalls(
        "rating", "order", calls, errors, {"timeout": errors} if errors else {}, matched=matched,
        unmatched=calls - matched, gap_p50=gap[0], gap_p95=gap[1],
    )  # fmt: skip
    how = "unanswered" if errors else "gap"
    blames = (Blame("edge", edge.name, how, "read", "", ("gateway",), ahead=ahead),) * 9  # type: ignore[arg-type]
    found = running(replace(findings(blames=blames), current=Picture(NOW, edges={edge.name: edge})))
    manner = narrowed(found, Proposal(mechanism, edge.name, (), "", found.onset))
    assert manner is not None
    assert manner.name == name


@pytest.mark.parametrize(
    ("error", "changes", "name"),
    [
        ("connection_reset", (), "connection-reset"),
        ("malformed_reply", (), "corrupt-answers"),
        ("malformed_reply", (DEPLOY,), ""),
    ],
)
def test_answers_that_are_damaged_on_the_way_blame_the_path_unless_an_end_of_it_is_new(
    error: str, changes: tuple[Change, ...], name: str
) -> None:
    edge = EdgeCalls("gateway", "rating", 40, 16, {error: 16}, matched=40)
    blames = (Blame("edge", "gateway->rating", "unanswered", "read", error, ("gateway",)),) * 9
    found = running(replace(findings(*changes, blames=blames), current=Picture(NOW, edges={edge.name: edge})))
    (path,) = network_partition(found)
    if not name:
        assert path.weight < 1.386
        return
    assert path.weight > 1.386
    manner = narrowed(found, path)
    assert manner is not None
    assert manner.name == name

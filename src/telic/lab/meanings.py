"""Which kinds of faults mean something on the queueing model, and what: the one place that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from telic.errors import UsageError
from telic.lab.fault import Fault, fault
from telic.registry import near_names
from telic.worlds.queueing.conditions import CUT, Effect

ROUND = 0.3e-6  # of the digest of `cpu-burn` [s], as its card says
ROW = 1.5e-6  # hashed and sorted by the statement of `bad-deploy-slow-query` [s], as measured there

AS_IT_IS: Mapping[str, str] = {
    "admission-closed": "the service's policy refuses a share at its door",
    "connection-reset": "a share of the calls over the edge is reset",
    "connections-exhausted": "statements of the service are refused: its operations that ask the database fail",
    "cpu-starvation": "the service's processor is slower",
    "crash": "no process for a back-off of 0.5 s and a start of 0.4 s; calls are reset",
    "gc-pauses": "the service's processor stands still again and again",
    "hang": "calls to the service are answered by nobody",
    "login-refused": "statements of the service are refused: its operations that ask the database fail",
    "network": "calls over the edge are late, or nothing gets through",
    "pool-too-small": "the service gets no connection to the database",
    "role-dropped": "statements of the service are refused: its operations that ask the database fail",
    "scaled-to-zero": "no process; calls are reset",
    "slots-exhausted": "the service has fewer slots",
    "slow-store": "the database's processors are slower",
    "store-hang": "the database begins no statement",
    "surge": "more requests of the workload's mix; they count as users",
    "thundering-herd": "more requests of the workload's mix, in waves; they count as users",
    "timeout-too-short": "the caller's policy has another timeout",
    "unlimited-retries": "the caller's policy retries without a budget",
}
"""What these do to a world, the model does as it is (`telic.worlds.queueing.harm`)."""

VERSIONS: Mapping[str, tuple[str, Callable[[Any], Effect]]] = {
    "bad-deploy-exception": (
        "the operation is answered 500 at once",
        lambda that: Effect(operation=that.operation, raises=1.0),
    ),
    "bad-deploy-slow-query": (
        "the statement keeps a connection and a processor of the database for longer",
        lambda that: Effect(statement=that.statement, longer=that.steps * ROW),
    ),
    "blocking-call": (
        "a request of the operation keeps the service's processor for longer",
        lambda that: Effect(operation=that.operation, cpu=that.wait),
    ),
    "cpu-burn": (
        "a request of the operation keeps the service's processor for longer",
        lambda that: Effect(operation=that.operation, cpu=that.rounds * ROUND),
    ),
    "crash-loop": (
        "each process ends soon after it is ready, and is started again after a growing back-off",
        lambda that: Effect(life=that.life),
    ),
    "infinite-loop": (
        "the first request of the operation keeps the service's processor for ever",
        lambda that: Effect(operation=that.operation, cpu=CUT),
    ),
    "stuck-rollout": ("no process of the version ever serves", lambda that: Effect(ready=False)),
}
"""What these do stands in code or in a setting: here it is said in times, shares of errors and lives of processes."""

HELD_OUT = (
    "abusive-client",
    "column-renamed",
    "cpu-steal",
    "kill-loop",
    "missing-config",
    "mix-shift",
    "packet-loss",
    "third-party-contract",
    "truncated-field",
)
"""Held out of the bundled suites from whoever writes monitors and diagnosis, and so from whoever writes this table."""

REASONS: Mapping[str, str] = {
    "certificate-expired": "its edges have times and no handshakes",
    "store-crash": "the database has no process there that could end and recover",
    "slow-disk": "commits wait for no disk there",
    "disk-full": "the database has no disk there",
    "replica-lag": "the database has no replica there, and answers hold no data that could be old",
    "cache-disabled": "it needs a crowd of another mix, and caches are compiled in",
    "cache-stampede": "it needs a crowd of another mix, and caches are compiled in",
    "hot-key": "it needs a crowd of another mix",
    "queue-backlog": "a consumer there has no limit on its rate",
    "poison-message": "messages there have no content",
}
OF_LAYER: Mapping[str, str] = {
    "application": "what its version does is in what handlers answer or keep, and the model runs none",
    "network": "the model's edges know delay, drop and fail alone",
    "store": "its statements have times and no tables, rows or locks",
    "workload": "the model sends only the mix of its workload",
    "process": "its processes have no memory, files or clocks",
    "host": "its processes have no memory, files or clocks",
    "orchestration": "its services have no such setting",
    "external": "it has no third parties",
    "llm": "its requests have no words and no tokens",
    "queue": "its messages have no content and its consumers no limit",
    "security": "its requests have no users, secrets or privileges",
}


def words(kind: str) -> str:
    """Return what a kind is on the model, in words; empty where it does not play."""
    return VERSIONS[kind][0] if kind in VERSIONS else AS_IT_IS.get(kind, "")


def reason(kind: str) -> str:
    """Return why a kind does not play on the model."""
    if kind in HELD_OUT:
        return "nobody has said yet what it is there: it is held out from whoever writes this table"
    layer = getattr(fault.factory(kind), "layer", "")
    return REASONS.get(kind) or OF_LAYER.get(layer) or "it has no counterpart among queues, slots and times"


def require(kind: str) -> None:
    """Raise `UsageError` where a kind does not play on the model, with the reason."""
    if kind not in fault:
        raise UsageError(f"no fault {kind!r}", hint=near_names(kind, fault))
    if not words(kind):
        raise UsageError(
            f"{kind} does not play on the queueing model: {reason(kind)}",
            hint="play it with --world simulated; `docs/concepts/queueing-model.md` lists the kinds that play",
        )


def effect(culprit: Fault) -> Effect:
    """Return what the version or setting that `culprit` brings does."""
    return VERSIONS[culprit.name][1](culprit) if culprit.name in VERSIONS else Effect()


def table() -> str:
    """Return what each kind is on the model, or why it is nothing there, as two tables in Markdown."""
    plays = [f"| `{kind}` | {words(kind)} |" for kind in sorted(fault) if words(kind)]
    refused: dict[str, list[str]] = {}
    for kind in sorted(each for each in fault if not words(each)):
        refused.setdefault(reason(kind), []).append(f"`{kind}`")
    why = [f"| {', '.join(kinds)} | {text} |" for text, kinds in refused.items()]
    return "\n".join(["| plays | as |", "|---|---|", *plays, "", "| does not play | because |", "|---|---|", *why])

"""Which direction of a KPI does harm, by a rule that is shown where nobody said it."""

from __future__ import annotations

import re

from telic.opportunities.language.algebra import Attribute, Compare, Node, Not, parts
from telic.opportunities.language.tree import Between, Dwell, Kpi, Near, Retried, Selector, Span, ThenNo

_BAD = (
    *("abandon", "abort", "ban", "block", "bounce", "bug", "cancel", "chargeback", "churn", "complain", "complaint"),
    *("crash", "decline", "delay", "denied", "deny", "drop", "dropout", "error", "exception", "exit", "expire", "fail"),
    *("failure", "fallback", "fatal", "fault", "fraud", "freeze", "harm", "incident", "invalid", "kill", "lag", "late"),
    *("latency", "lost", "mistake", "overdue", "overflow", "panic", "problem", "refund", "refuse", "regret", "reject"),
    *("retry", "rollback", "slow", "stall", "stuck", "terminate", "timeout", "unavailable", "unsubscribe"),
    *("violation", "wait", "warn", "warning", "wrong"),
)
_DENIALS = frozenset({"no", "not", "non", "never", "without", "free", "less"})
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "ure", "ures", "er", "ment", "ned", "ped", "ged", "nt")
_BAD_WORDS = frozenset(word + end for word in _BAD for end in _ENDINGS) | {"retries", "retried", "4xx", "5xx", "denial"}


def direction(kpi: Kpi) -> tuple[int, str]:
    """Return the direction of harm (+1: more is worse) and why.

    In this order: what the question says; a word of harm in its name (``error``, ``failed``, ``slow`` ...); times are
    worse when longer; words of harm in the names of the events or attributes asked about, where ``not``, ``no`` and
    ``<`` turn the direction round; otherwise more is better.

    Examples
    --------
    >>> from telic.opportunities.language.parser import parse_kpi
    >>> direction(parse_kpi("session has no 'app_error'"))
    (-1, "'app_error' does harm")
    """
    if kpi.harm:
        return kpi.harm, "as the question says"
    if (word := _bad_word(kpi.name)) and not _words(kpi.name) & _DENIALS:
        return 1, f"the name says {word!r}"
    found = _inside(kpi.value, 1)
    if found is None:
        return (-_sign(kpi.value), "nothing in it does harm")
    return found


def _inside(node: Node, sign: int) -> tuple[int, str] | None:
    """Return the direction of the first part that does harm."""
    if isinstance(node, Not):
        sign = -sign
    if isinstance(node, Compare) and node.op in ("<", "<="):
        sign = -sign
    if isinstance(node, Span | Between | Dwell):
        return sign, "times are worse when longer"
    if isinstance(node, Selector):
        for name in node.names:
            if _bad_word(name):
                return sign, f"{name!r} does harm"
    if isinstance(node, Attribute) and _bad_word(node.name):
        return sign, f"{node.name!r} does harm"
    inside = parts(node)
    if isinstance(node, Near):
        inside = (node.what,)
    if isinstance(node, ThenNo):
        return _inside(node.what, sign) or (sign, f"what should follow {_said(node.what)} does not")
    if isinstance(node, Retried):
        return sign, "retries do harm"
    return next((found for each in inside if (found := _inside(each, sign)) is not None), None)


def _sign(node: Node) -> int:
    """Return -1 where the whole is denied."""
    if isinstance(node, Not):
        return -_sign(node.of)
    return -1 if isinstance(node, Compare) and node.op in ("<", "<=") else 1


def _said(node: Selector) -> str:
    return " or ".join(map(repr, node.names)) or "an event"


def _bad_word(name: str) -> str:
    return min(_words(name) & _BAD_WORDS, default="")


def _words(name: str) -> frozenset[str]:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(re.split(r"[^a-z0-9]+", split.lower()))

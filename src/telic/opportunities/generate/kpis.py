"""KPIs that events suggest by their names, for somebody who has not asked for one yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language import Events, kpi
from telic.opportunities.language.printer import identifier, quoted
from telic.opportunities.model import Column, Floats, Ints, Prepared

GOOD = frozenset(
    (
        *("paid", "payment", "purchase", "purchased", "order", "ordered", "complete", "completed", "success"),
        *("succeeded", "confirm", "confirmation", "confirmed", "checkout", "subscribe", "subscribed", "signup"),
        *("converted", "conversion", "delivered", "resolved", "closed", "accepted", "approved", "done"),
        *("agreement", "contract", "signed", "granted", "awarded", "offer", "hired", "won"),
    )
)
REACHED = frozenset(("paid", "purchase", "purchased", "converted", "success", "succeeded", "completed", "delivered"))
BAD = frozenset(
    (
        *("error", "errors", "fail", "failed", "failure", "crash", "crashed", "exception", "timeout", "denied"),
        *("rejected", "reject", "cancel", "cancelled", "canceled", "abandon", "abandoned", "refund", "support"),
        *("fatal",),
    )
)
ANSWER = frozenset(
    (
        *("outcome", "success", "successful", "converted", "conversion", "revenue", "purchase", "churn", "error"),
        *("failed", "sla", "target", "label", "result", "correct", "status"),
    )
)
YES_NO = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"}, {"0", "1"})
RARE = 0.002  # share of groups that a KPI has to have, and not to have [1]
MOST = 6  # KPIs that are suggested [1]
OF_A_KIND = 2  # of one kind of name: reached, on the way, failed [1]


def suggested(prepared: Prepared) -> list[str]:
    """Return KPIs in the language that these events could be asked about, the likeliest first; each can be asked.

    Names alone decide, so that a person has something to start from and to correct. Where none of them says what
    matters, every attribute that is yes or no could be the answer (the last columns of a table often are), and then
    every number.
    """
    events = Events(prepared)
    named = _possible(_candidates(prepared), events)
    named += _possible([] if named else _answers(prepared), events)
    return [*named, *_possible([f"duration of {prepared.grouping}"], events)][:MOST] or _possible(
        (f"mean of {identifier(name)}" for name in prepared.numbers), events
    )


def _possible(texts: Iterable[str], events: Events) -> list[str]:
    """Return the first questions of some that these events can answer."""
    found: list[str] = []
    for text in texts:
        try:
            kpi(text, events)
        except UsageError:
            continue
        found.append(text)
        if len(found) == MOST:
            break
    return found


def _candidates(prepared: Prepared) -> Iterator[str]:
    noun = prepared.grouping
    shares = _shares(prepared.names, prepared.offsets)
    order = [int(code) for code in np.argsort(-shares, kind="stable") if RARE < shares[code] < 1 - RARE]
    for name, column in prepared.of_groups.items():
        if len(column.labels) == 2 and _words(name) & ANSWER:
            yield f"{identifier(name)}: {identifier(name)} = {quoted(str(_positive(column)))}"
    for words in (REACHED, GOOD - REACHED, BAD):
        labels = [str(prepared.names.labels[code]) for code in order]
        for label in [each for each in labels if _words(each) & words][:OF_A_KIND]:
            yield f"{noun} has {quoted(label)}"


def _answers(prepared: Prepared) -> Iterator[str]:
    """Yield every attribute that is yes or no, the last column first."""
    for name, column in reversed(list(prepared.of_groups.items())):
        if len(column.labels) == 2 and {str(label).lower() for label in column.labels} in YES_NO:
            yield f"{identifier(name)} = {quoted(str(_positive(column)))}"


def _shares(names: Column, offsets: Ints) -> Floats:
    """Return the share of groups that have each name, shape (V,)."""
    groups = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    pairs = np.unique(groups * len(names.labels) + np.asarray(names.codes))
    counts = np.bincount(pairs % len(names.labels), minlength=len(names.labels)).astype(np.float64)
    return counts / max(1, len(offsets) - 1)


def _positive(column: Column) -> str:
    wanted = ("true", "yes", "1", "success", "good", "ok", "accepted", "t", "y")
    return next((label for label in column.labels if str(label).lower() in wanted), column.labels[0])


def _words(name: str) -> frozenset[str]:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(re.split(r"[^a-z0-9]+", split.lower()))

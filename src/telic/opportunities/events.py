"""The events of a source: read, prepared, and what they are called in sentences and in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from telic.errors import UsageError
from telic.opportunities.ask import Ask, Progress
from telic.opportunities.model import Exclusion, Prepared
from telic.opportunities.read import Columns, columns, open_source
from telic.opportunities.read.columns import ALIASES, plain
from telic.opportunities.record import Guess
from telic.opportunities.relation import Relation, relation
from telic.registry import near_names

KINDS = ("session", "case", "request", "user")
"""What a group may be asked to be."""
_ROLES = ("time", "event", "group", "user")
_TOLD = 8  # columns that are not read, in a hint [1]


def events_of(ask: Ask, heard: Progress) -> tuple[Prepared, Relation, Columns]:
    """Return the prepared events of a source, what SQL reads of them, and what its columns were taken for."""
    from telic.opportunities.store import prepare

    heard("read", 0.0)
    source = open_source(ask.source)
    taken = columns(source, overrides=overrides(ask, source.schema.names), by=kind(ask.by))
    prepared = prepare(
        source,
        taken,
        home=ask.home / "prepared",
        grouping=noun(ask, taken),
        progress=lambda share: heard("prepare", share),
    )
    return without_copies(prepared), relation(ask.source, source, taken, prepared), taken


def overrides(ask: Ask, names: Iterable[str]) -> dict[str, str]:
    """Return what was said of columns; `by` may be the name of a column.

    Raises
    ------
    UsageError
        It is neither that nor a kind of group.
    """
    given, known = dict(ask.columns), list(names)
    if ask.by in known:
        given.setdefault("group", ask.by)
    elif ask.by and not kind(ask.by):
        said = f"--by {ask.by!r} is neither a kind of group nor a column"
        raise UsageError(said, hint=near_names(ask.by, [*KINDS, *known]))
    return given


def kind(by: str) -> str:
    """Return what kind of group is asked for, "" where `by` is a column."""
    return by if by in KINDS else ""


def noun(ask: Ask, taken: Columns) -> str:
    """Return what a group is called in sentences and in KPIs."""
    if kind(ask.by):
        return ask.by
    if not taken.group:
        return "row"
    if taken.group == "run_id":
        return "run"
    for each in KINDS:
        if plain(taken.group) in ALIASES[each] or each in taken.group.lower():
            return each
    return "group"


def guesses(taken: Columns) -> tuple[Guess, ...]:
    """Return what each column was taken for, and why."""
    roles = [(role, getattr(taken, role)) for role in _ROLES]
    found = [Guess(role, name or "none", taken.why.get(role, "")) for role, name in roles]
    for role, names in (("attributes", taken.attributes), ("numbers", taken.numbers)):
        if names:
            found.append(Guess(role, ", ".join(names), taken.why.get(role, "")))
    return tuple(found)


@contextmanager
def shown(taken: Columns | None) -> Iterator[None]:
    """Add to the hint of an error what columns were taken for: a wrong guess may be what is behind it."""
    try:
        yield
    except UsageError as error:
        if taken is not None:
            roles = [f"{each.role} {each.column} ({each.why})" for each in guesses(taken) if each.role in _ROLES]
            left = [f"{name} ({why})" for name, why in list(taken.left.items())[:_TOLD]]
            said = [error.hint] if error.hint else []
            said.append(f"columns were taken so: {', '.join(roles)}")
            said += [f"not read: {', '.join(left)}"] if left else []
            error.hint = "; ".join([*said, "a wrong guess? --column ROLE=COLUMN"])
        raise


def without_copies(prepared: Prepared) -> Prepared:
    """Return the events without attributes that say nothing but the event's name in each row."""
    names, copies = np.asarray(prepared.names.codes), []
    for name, column in prepared.of_events.items():
        table = np.full(len(prepared.names.labels), -1, dtype=np.int32)
        table[names] = column.codes
        if len(column.labels) == len(prepared.names.labels) and np.array_equal(table[names], column.codes):
            copies.append(name)
    if not copies:
        return prepared
    left = Exclusion("column", len(copies), "says what the event's name says", tuple(copies))
    kept = {name: column for name, column in prepared.of_events.items() if name not in copies}
    return replace(prepared, of_events=kept, exclusions=(*prepared.exclusions, left))

"""What the columns of a source mean: guessed from names, types and a sample, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow
import pyarrow.compute

from telic.errors import UsageError
from telic.opportunities.read.source import Source
from telic.opportunities.read.times import times
from telic.registry import near_names

pa: Any = pyarrow
pc: Any = pyarrow.compute

SAMPLE = 20_000  # rows that are looked at [1]
FEW = 24  # distinct whole numbers up to which they are looked at as categories too [1]
ROLES = ("time", "event", "group", "user")
ALIASES: Mapping[str, tuple[str, ...]] = {  # by role, the likeliest first; compared without case and punctuation
    "time": (
        "timetimestamp", "timestamp", "eventtimestamp", "eventtime", "ts", "time", "datetime", "occurredat", "at",
        "startns", "timens", "sysupdatedat", "createdat", "created", "date", "startedat", "start", "starttime",
    ),
    "event": (
        "conceptname", "event", "eventname", "activity", "action", "name", "eventtype", "step", "tool", "state",
        "incidentstate", "status", "page", "screen", "type", "message",
    ),
    "session": ("sessionid", "session", "visitid", "visit", "sid"),
    "case": ("caseconceptname", "caseid", "case", "ticketid", "ticket", "incidentid", "incident", "number", "orderid"),
    "request": ("traceid", "requestid", "request", "trace", "conversationid", "runid"),
    "user": (
        "userid", "user", "customerid", "customer", "visitorid", "accountid", "clientid", "deviceid", "enduserid",
        "callerid", "member", "memberid", "username",
    ),
}  # fmt: skip
_GROUPS = ("session", "case", "request", "user")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Columns:
    """What is read, by role; "" where a source has no such column.

    Parameters
    ----------
    time
        Without one, rows are in order of arrival.
    event
        Without one, every row is an event called ``row``.
    group
        Without one, every row is a group of its own.
    user
        Without one, every group is a user of its own.
    attributes
        Columns of categories.
    numbers
        Columns of numbers; one may be among `attributes` too.
    why
        The reason, by role or column.
    left
        Columns that are not read, and why.
    """

    time: str
    event: str
    group: str
    user: str
    attributes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


def columns(source: Source, *, overrides: Mapping[str, str] | None = None, by: str = "") -> Columns:
    """Guess what the columns of a source mean.

    Parameters
    ----------
    overrides
        Column by role (``time``, ``event``, ``group``, ``user``), "" for none; ``attributes`` and ``numbers`` are
        names with commas between.
    by
        What a group should be: ``session``, ``case``, ``request``, ``user``; "" for the first that there is.

    Raises
    ------
    UsageError
        A column that was named is not there, or cannot be read as what it was said to be; no column is of `by`.
    """
    given = dict(overrides or {})
    schema = source.schema
    if not schema.names:
        raise UsageError(f"{source.name} has no columns", hint="give a file with a header or a table with columns")
    _check(source.name, schema.names, given)
    sample = _sample(source)
    chosen: dict[str, str] = {}
    why: dict[str, str] = {}
    for role in ROLES:
        if role in given:
            chosen[role], why[role] = given[role], "as you said"
    for role in ROLES:
        if role not in chosen:
            free = [name for name in schema.names if name not in chosen.values()]
            chosen[role], why[role] = _guess(role, sample, free, by, chosen)
    if chosen["time"]:
        read = times(schema.field(chosen["time"]).type, sample.column(chosen["time"]).combine_chunks())
        if read is None:
            raise UsageError(
                f"{source.name}: column {chosen['time']!r} holds no times", hint="name another one with `time=`"
            )
        why["time"] += f"; {read.how}"
    taken = {name for name in chosen.values() if name}
    attributes, numbers, left = _others(sample, [name for name in schema.names if name not in taken], chosen["group"])
    for role, kind in (("attributes", attributes), ("numbers", numbers)):
        if role in given:
            kind[:] = [name.strip() for name in given[role].split(",") if name.strip()]
            left = {name: reason for name, reason in left.items() if name not in kind}
    return Columns(
        chosen["time"], chosen["event"], chosen["group"], chosen["user"], tuple(attributes), tuple(numbers), why, left
    )


def _check(where: str, names: Sequence[str], given: Mapping[str, str]) -> None:
    for role, text in given.items():
        if role not in (*ROLES, "attributes", "numbers"):
            raise UsageError(f"no role {role!r} for a column", hint=near_names(role, (*ROLES, "attributes", "numbers")))
        wanted = [text] if role in ROLES else [name.strip() for name in text.split(",")]
        for name in wanted:
            if name and name not in names:
                raise UsageError(f"{where} has no column {name!r} (for {role})", hint=near_names(name, names))


def _sample(source: Source) -> Any:
    """Return the first rows; all types of text are plain strings there."""
    table = source.head(SAMPLE)
    for index, each in enumerate(table.schema):
        if pa.types.is_dictionary(each.type):
            table = table.set_column(index, each.name, table.column(index).cast(each.type.value_type))
    return table


def plain(name: str) -> str:
    """Return a column's name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_called_id(name: str) -> bool:
    """Whether the last word of a name, in snake or camel case, is ``id``.

    Examples
    --------
    >>> [_is_called_id(name) for name in ("basket_id", "basketId", "BasketID", "id", "paid", "PAID", "ROUND_ID")]
    [True, True, True, True, False, False, True]
    """
    return [word.lower() for word in _WORD.findall(name)][-1:] == ["id"]


def _guess(role: str, sample: Any, free: Sequence[str], by: str, chosen: Mapping[str, str]) -> tuple[str, str]:
    wanted = (by,) if role == "group" and by in _GROUPS else _GROUPS if role == "group" else (role,)
    for kind in wanted:
        for alias in ALIASES[kind]:
            for name in free:
                if plain(name) == alias and _fits(role, sample, name):
                    return name, "by its name"
    if role == "time":
        for each in sample.schema:
            if each.name in free and (pa.types.is_timestamp(each.type) or pa.types.is_date(each.type)):
                return each.name, "the first column of times"
        for each in sample.schema:
            if each.name in free and pa.types.is_string(each.type) and _fits(role, sample, each.name):
                return each.name, "the first column whose texts are times"
        return "", "no column of times: rows are in order of arrival"
    if role == "group":
        repeated = [name for name in free if _is_called_id(name) and _fits(role, sample, name)]
        repeated = [name for name in repeated if _repeats(sample.column(name))]
        if repeated:
            return repeated[0], "an id that repeats"
        if by in _GROUPS:
            known = ", ".join(free) or "no other column"
            raise UsageError(
                f"no column that has values is known to name a {by}, and no id repeats ({known})",
                hint="name one: --column group=COLUMN",
            )
        return "", "no id that repeats: every row is a group of its own"
    return "", {"event": "no such column: every row is an event 'row'", "user": "no such column: every group is one"}[
        role
    ]


def _fits(role: str, sample: Any, name: str) -> bool:
    kind, values = sample.schema.field(name).type, sample.column(name).combine_chunks()
    if pa.types.is_nested(kind) or pa.types.is_null(kind):
        return False
    if role == "time":
        return times(kind, values) is not None
    if role == "event":
        return not pa.types.is_floating(kind) and not pa.types.is_timestamp(kind)
    return not pa.types.is_floating(kind) and not pa.types.is_boolean(kind)


def _distinct(values: Any) -> int:
    """Return how many different values there are, a missing one counting as one."""
    return int(pc.count_distinct(values).as_py()) if not pa.types.is_null(values.type) else min(1, len(values))


def _repeats(values: Any) -> bool:
    distinct = _distinct(values)
    return bool(1 < distinct <= 0.7 * len(values))


def _others(sample: Any, names: Sequence[str], group: str) -> tuple[list[str], list[str], dict[str, str]]:
    attributes: list[str] = []
    numbers: list[str] = []
    left: dict[str, str] = {}
    groups = _distinct(sample.column(group)) if group else 0
    for name in names:
        kind, values = sample.schema.field(name).type, sample.column(name)
        if pa.types.is_nested(kind):
            left[name] = f"its type {kind} is nested"
        elif pa.types.is_integer(kind) and _numbers_rows(values, groups):
            left[name] = "it numbers rows or groups"
        elif pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            numbers.append(name)
            if not pa.types.is_floating(kind) and _distinct(values) <= FEW:
                attributes.append(name)
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
            left[name] = "another time"
        elif _is_id(values):
            left[name] = "hardly a value repeats"
        elif pa.types.is_string(kind) and times(kind, values.combine_chunks().slice(0, 200)) is not None:
            left[name] = "another time"
        else:
            attributes.append(name)
    return attributes, numbers, left


def _numbers_rows(values: Any, groups: int) -> bool:
    """Whether whole numbers differ in every row, or as groups do, without a gap: an index, not a quantity."""
    distinct = _distinct(values)
    if distinct < 100 or distinct not in (len(values), groups):
        return False
    ends = pc.min_max(values)
    return bool(ends["max"].as_py() - ends["min"].as_py() == distinct - 1)


def _is_id(values: Any) -> bool:
    present = len(values) - values.null_count
    return bool(present > 100 and _distinct(values) > 0.5 * present)

"""Questions that share much: what the passes are shown on."""

from __future__ import annotations

from telic.opportunities.plan import (
    DAY,
    Node,
    Table,
    any_of,
    at,
    at_least,
    attribute,
    bins,
    both,
    choice,
    end,
    equals,
    event_attribute,
    event_number,
    events,
    greatest,
    highest,
    index,
    members,
    minus,
    name,
    negated,
    of_user,
    one_of,
    plus,
    previous,
    recent,
    remainder,
    smallest,
    start,
    totals,
    whole_part,
)

TABLE = Table()
OS = attribute("os")
USE = bins(index(), (2, 3), ("first", "second", "later"))
AWAY = minus(start(), previous(end()))
KPIS = (any_of(equals(name(), "a")), any_of(equals(name(), "b")))


def cohorts() -> tuple[Node, ...]:
    """Ask for the totals of lifecycle, operating system, their cross, and users who were away, each on its own."""
    quiet = bins(highest(AWAY), (2 * DAY,), ("active", "away"))
    return (
        totals(TABLE, [attribute("os")], KPIS),
        totals(TABLE, [bins(index(), (2, 3), ("first", "second", "later"))], KPIS),
        totals(TABLE, [USE, OS], KPIS[:1]),
        totals(TABLE, [quiet], KPIS),
    )


def predicates() -> dict[str, Node]:
    """Return predicates over groups that use every operation."""
    price = event_number("price")
    weekday = remainder(plus(whole_part(start(), DAY), 3), 7)
    late = equals(bins(at(), (1_772_600_000_000_000_000, 1_772_900_000_000_000_000), ("", "in", "")), "in")
    return {
        "attribute": equals(OS, "os_1"),
        "several": one_of(OS, ("os_0", "os_2", "none")),
        "event attribute": any_of(equals(event_attribute("page"), "page_1")),
        "event and attribute": any_of(both(one_of(name(), ("a", "b")), equals(event_attribute("url"), "url_3"))),
        "within": any_of(late),
        "greatest": at_least(greatest(price), 62.5),
        "smallest": negated(at_least(smallest(price), 20)),
        "events": at_least(events(), 3),
        "use": equals(USE, "second"),
        "gap": at_least(minus(start(), previous(start())), DAY),
        "away once": at_least(highest(AWAY), 2 * DAY),
        "recent": at_least(recent(3 * DAY), 1),
        "of user": equals(of_user(), 4),
        "weekend": equals(choice(at_least(weekday, 5), "weekend", "weekday"), "weekend"),
        "second on os": both(equals(USE, "second"), equals(OS, "os_1")),
    }


def asked() -> dict[str, Node]:
    """Ask for the groups of each predicate."""
    return {key: members(TABLE, predicate) for key, predicate in predicates().items()}

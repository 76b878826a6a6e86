"""What seed rows take from the rows of others: whom they refer to first, links, deliveries."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from telic.design.archetypes.publish import Delivery
from telic.design.plan import EntityPlan

Row = dict[str, object]
MOST_DELIVERED = 20_000  # things that were delivered to somebody [1]
TRIES = 20  # draws of somebody who is not linked yet [1]
SKEW = 2.0  # power of a uniform draw: the first tenth of all things gets a third of the links [1]


def links(near: Sequence[str], far: Sequence[str], count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Return some `count` pairs: everybody of `near` has some, a few of `far` have many, none is there twice.

    Parameters
    ----------
    near, far
        Keys of the things at the two ends; nothing is linked with itself.

    Examples
    --------
    >>> sorted(links(["a", "b"], ["a", "b"], 10, random.Random(1)))
    [('a', 'b'), ('b', 'a')]
    """
    found: dict[tuple[str, str], None] = {}
    for index in range(count if near and far else 0):
        one = near[index % len(near)]
        for _ in range(TRIES):
            pair = (one, far[int(len(far) * chance.random() ** SKEW)])
            if pair[0] != pair[1] and pair not in found:
                found[pair] = None
                break
    return list(found)


def deliveries(facts: Delivery, key: str, things: Sequence[Row], followed: Sequence[Row]) -> list[Row]:
    """Return what publishing `things` would have delivered, the newest `MOST_DELIVERED` of it.

    Parameters
    ----------
    key
        The column of a thing's key.
    things, followed
        Rows of what was published and of who follows whom, the oldest first.
    """
    followers: dict[object, list[object]] = {}
    for row in followed:
        followers.setdefault(row[f"{facts['followed']}_id"], []).append(row[f"{facts['follower']}_id"])
    found: list[Row] = [
        {f"{facts['reader']}_id": reader, f"{facts['thing']}_id": row[key], "created_at": row["created_at"]}
        for row in things
        for reader in followers.get(row[f"{facts['author']}_id"], ())
    ]
    return found[-MOST_DELIVERED:]


def ordered(entities: Mapping[str, EntityPlan]) -> list[str]:
    """Return the names of entities so that each comes after those it refers to; circles are cut somewhere."""
    done: dict[str, None] = {}

    def visit(name: str, above: frozenset[str]) -> None:
        if name in done or name in above:
            return
        for attribute in entities[name].attributes[1:]:
            if attribute.type.base == "ref":
                visit(attribute.type.target, above | {name})
        done[name] = None

    for name in entities:
        visit(name, frozenset())
    return list(done)

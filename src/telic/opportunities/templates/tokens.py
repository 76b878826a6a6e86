"""Names of events as templates see them: joined by a mapping, left out by a filter, the frequent ones apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from telic.errors import UnknownName, UsageError
from telic.opportunities.language.schema import near
from telic.opportunities.language.tree import Selector
from telic.opportunities.model import Codes, Exclusion, Ints, Prepared
from telic.opportunities.template import Asking


@dataclass(frozen=True)
class Alphabet:
    """Tokens that enough groups have.

    Parameters
    ----------
    labels
        What a token is called.
    names
        The event names that a token stands for.
    table : shape (V,)
        Token of each event name; -1 is another event, -2 is left out as if it had not happened.
    supports : shape (tokens,)
        Groups with a token.
    here : shape (tokens,)
        The same of the events that are here, where they are one of several parts.
    ignoring
        The events that are left out, or nothing.
    """

    labels: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    table: Codes
    supports: Ints
    here: Ints
    ignoring: Selector | None = None

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.labels)


S = TypeVar("S", str, int, float)


def several(value: S | Iterable[S]) -> tuple[S, ...]:
    """Return a parameter that may be one value or several.

    Examples
    --------
    >>> several("beat"), several((2, 3)), several(3)
    (('beat',), (2, 3), (3,))
    """
    return (value,) if isinstance(value, str | int | float) else tuple(value)


def joined(prepared: Prepared, mapping: Mapping[str, str], ignore: Sequence[str]) -> tuple[Codes, tuple[str, ...]]:
    """Return the token of each event name (-2: left out) and the labels of tokens.

    Raises
    ------
    UnknownName
        The mapping or the filter names an event that there is not.
    """
    names = list(prepared.names.labels)
    known = set(names)
    for name in (*mapping, *ignore):
        if name not in known:
            raise UnknownName(f"no event is called {name!r}", hint=near(name, names))
    labels = tuple(dict.fromkeys(mapping.get(name, name) for name in names if name not in set(ignore)))
    place = {label: token for token, label in enumerate(labels)}
    left_out = set(ignore)
    table = [-2 if name in left_out else place[mapping.get(name, name)] for name in names]
    return np.array(table, dtype=np.int32), labels


def alphabet(
    prepared: Prepared,
    asking: Asking,
    template: str,
    *,
    most: int,
    mapping: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
) -> Alphabet:
    """Return the tokens that enough groups have, at most `most`: those with most groups; tell what is left out."""
    from telic.opportunities.kernels import sequence
    from telic.opportunities.kernels.sequence_scan import Scan

    if most < 1:
        raise UsageError(f"{template}: {most} names are too few", hint="1 or more")
    table, labels = joined(prepared, mapping or {}, ignore)
    here = Scan(prepared, "singles", sequence.PRESENT, table, len(labels), threads=asking.threads).counts()
    (counts,) = asking.whole.added(here)
    kept = np.flatnonzero(counts >= max(1, asking.least))
    if len(kept) > most:
        order = kept[np.lexsort((np.array(labels)[kept], -counts[kept]))]  # of equals the first by name
        kept, dropped = np.sort(order[:most]), order[most:]
        why = f"{template} asks about the {most:,} most frequent events; hypotheses with others are not asked"
        asking.leave_out(Exclusion("hypotheses", 0, why, tuple(labels[each] for each in dropped[:3])))
    place = np.full(len(labels) + 2, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept))
    place[-2] = -2
    narrowed = place[table]
    names: list[list[str]] = [[] for _ in kept]
    for name, token in zip(prepared.names.labels, narrowed.tolist(), strict=True):
        if token >= 0:
            names[token].append(name)
    return Alphabet(
        tuple(labels[each] for each in kept),
        tuple(map(tuple, names)),
        narrowed,
        counts[kept],
        here[kept],
        Selector(tuple(dict.fromkeys(ignore))) if ignore else None,
    )

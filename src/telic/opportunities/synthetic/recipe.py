"""What synthetic data are made of."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

VERBS = ("view", "open", "click", "search", "add", "edit", "share", "save", "load", "close", "retry", "apply")
OBJECTS = ("item", "cart", "coupon", "payment", "profile", "plan", "photo", "help", "login", "offer")
MARK = "app_error"
"""The event with which a harmed session ends."""


@dataclass(frozen=True)
class Sequence:
    """A planted pattern: contiguous events that raise the risk of the session they are in.

    Parameters
    ----------
    effect
        Times the risk that the session has without it.
    share
        Share of sessions that hold it.
    length
        Number of events.
    """

    effect: float
    share: float = 0.01
    length: int = 3


@dataclass(frozen=True)
class Lifecycle:
    """A planted cohort: the `nth` session of users with one operating system."""

    effect: float
    nth: int = 2
    os: str = "os_7"


@dataclass(frozen=True)
class Growing:
    """A planted trend: first sessions on the newest version, from no effect at half time up to `effect` at the end."""

    effect: float
    version: str = "v9"


@dataclass(frozen=True)
class Decoy:
    """A pattern without effect, frequent in the country with the highest risk.

    Parameters
    ----------
    times
        How much more frequent there than elsewhere.
    share
        Share of sessions that hold it.
    """

    share: float = 0.06
    times: float = 12.0
    length: int = 3


Plant = Sequence | Lifecycle | Growing


@dataclass(frozen=True)
class Recipe:
    """Sessions of users, with the traps of real data.

    What every session has whether or not anything is planted: its risk depends on the country, on its user (sessions of
    one user are correlated), on the version and on its length; and a harmed session is often cut short, so that length
    is also a result. Events follow a Zipf law, with favourites of each user and pairs that like to follow each other.

    Parameters
    ----------
    groups
        Sessions.
    names
        Distinct event names.
    length
        Mean number of events of a session, before anything is cut.
    base
        Mean risk without plants.
    frailty
        Variance of the users' own factor of risk (gamma, mean 1).
    cut
        Share of harmed sessions that end early.
    days
        Time that the data cover.
    """

    groups: int = 100_000
    users: int = 20_000
    names: int = 60
    length: float = 9.0
    base: float = 0.05
    frailty: float = 0.5
    cut: float = 0.6
    days: int = 28
    plants: tuple[Plant, ...] = ()
    decoys: tuple[Decoy, ...] = ()
    seed: int = 0
    marked: bool = True
    """Whether a harmed session ends with the event `app_error`."""


def vocabulary(size: int) -> list[str]:
    """Return names of events, the most frequent first; `MARK` is not among them.

    Examples
    --------
    >>> vocabulary(3), vocabulary(121)[-1]
    (['view_item', 'open_cart', 'click_coupon'], 'view_item_2')
    """
    base = [f"{VERBS[i % 12]}_{OBJECTS[(i + i // 60) % 10]}" for i in range(120)]
    return [base[i % 120] + (f"_{i // 120 + 1}" if i >= 120 else "") for i in range(size)]


class Numbered(Items[str]):
    """Ids that are made when they are asked for: ``s0, s1, ...``."""

    def __init__(self, prefix: str, size: int) -> None:
        self.prefix, self.size = prefix, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        """Return one id, or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.size))]
        at = int(index) + (self.size if index < 0 else 0)
        if not 0 <= at < self.size:
            raise IndexError(index)
        return f"{self.prefix}{at}"

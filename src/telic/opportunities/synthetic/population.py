"""Users, their sessions, and the risk each session starts with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Codes, Floats, Ints
from telic.opportunities.synthetic.recipe import Recipe

COUNTRIES, SYSTEMS, PLANS = 10, 8, 3
VERSIONS = ("v7", "v8", "v9")
OS_SHARES = np.array([0.30, 0.22, 0.14, 0.10, 0.08, 0.06, 0.04, 0.06])  # os_0 ... os_7
START = 1_767_225_600_000_000_000  # 2026-01-01 UTC
DAY = 86_400_000_000_000


@dataclass(frozen=True)
class Population:
    """Sessions in order of their start; each array has shape (G,)."""

    users: Codes
    start: Ints
    nth: Codes
    country: Codes
    os: Codes
    version: Codes
    plan: Codes
    length: Codes
    risk: Floats
    favourite: Codes
    worst: int
    """The country with the highest risk."""


def populate(recipe: Recipe, random: np.random.Generator) -> Population:
    """Draw users and sessions; the mean risk is the recipe's."""
    size = recipe.groups
    weights = np.cumsum(random.lognormal(0.0, 1.0, recipe.users))
    users = np.searchsorted(weights, random.random(size) * weights[-1]).astype(np.int32)
    steps = np.cumsum(random.standard_exponential(size + 1))
    elapsed = steps[:-1] / steps[-1]
    zipf = 1.0 / np.arange(1, COUNTRIES + 1)
    countries = random.choice(COUNTRIES, recipe.users, p=zipf / zipf.sum()).astype(np.int32)
    systems = random.choice(SYSTEMS, recipe.users, p=OS_SHARES).astype(np.int32)
    plans = random.choice(PLANS, recipe.users, p=[0.7, 0.2, 0.1]).astype(np.int32)
    length = np.clip(random.lognormal(np.log(recipe.length) - 0.245, 0.7, size), 1, 400).astype(np.int32)
    adopted = random.random(size) < np.clip((elapsed - 0.25) * 1.6, 0, 0.85)
    version = np.where(adopted, 2, (random.random(size) < 0.7).astype(np.int32)).astype(np.int32)

    worst = 2  # frequent enough to matter, not the largest
    by_country = np.exp(random.uniform(-0.5, 0.4, COUNTRIES))
    by_country[worst] = 3.0
    own = np.ones(recipe.users)
    if recipe.frailty > 0:
        own = random.gamma(1 / recipe.frailty, recipe.frailty, recipe.users)
    by_version = np.array([1.0, 0.9, 1.1])
    risk = by_country[countries[users]] * own[users] * by_version[version] * np.sqrt(length / recipe.length)
    return Population(
        users=users,
        start=(START + elapsed * recipe.days * DAY).astype(np.int64),
        nth=nth_of(users),
        country=countries[users],
        os=systems[users],
        version=version,
        plan=plans[users],
        length=length,
        risk=risk * (recipe.base / risk.mean()),
        favourite=random.integers(0, recipe.names, recipe.users, dtype=np.int32)[users],
        worst=worst,
    )


def nth_of(users: Codes) -> Codes:
    """Return the how many-eth session of its user each session is, from 1; `users` are in order of time.

    Examples
    --------
    >>> nth_of(np.array([4, 2, 4, 4], dtype=np.int32)).tolist()
    [1, 1, 2, 3]
    """
    order = np.argsort(users, kind="stable")
    ordered = users[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[first, len(users)])
    nth = np.empty(len(users), dtype=np.int32)
    nth[order] = (np.arange(len(users)) - np.repeat(first, counts) + 1).astype(np.int32)
    return nth

"""Makes prepared events, their outcome and the truth about them from a recipe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Codes, Column, Floats, Ints, Outcome, Prepared
from telic.opportunities.synthetic import events
from telic.opportunities.synthetic.population import COUNTRIES, PLANS, SYSTEMS, VERSIONS, Population, populate
from telic.opportunities.synthetic.recipe import (
    MARK,
    Decoy,
    Growing,
    Lifecycle,
    Numbered,
    Plant,
    Recipe,
    Sequence,
    vocabulary,
)

BLOCK = 200_000  # sessions drawn together: bounds the memory


@dataclass(frozen=True)
class Truth:
    """What was planted and where.

    Parameters
    ----------
    pattern
        Names of its events in order; empty for a cohort.
    members : shape (G,)
        Which sessions it holds for.
    """

    spec: Plant | Decoy
    pattern: tuple[str, ...]
    members: events.Flags

    @property
    def words(self) -> str:
        """What was planted, for a reader."""
        if isinstance(self.spec, Lifecycle):
            return f"session {self.spec.nth} on {self.spec.os}"
        return f"first session on {self.spec.version}" if isinstance(self.spec, Growing) else " > ".join(self.pattern)


@dataclass(frozen=True)
class Synthetic:
    """Data with the truth about them."""

    prepared: Prepared
    outcome: Outcome
    plants: tuple[Truth, ...]
    decoys: tuple[Truth, ...]


def generate(recipe: Recipe) -> Synthetic:
    """Make the data of a recipe; the same recipe gives the same data.

    Examples
    --------
    >>> made = generate(Recipe(groups=2000, users=300, plants=(Sequence(effect=3.0, share=0.05),)))
    >>> made.prepared.size, made.plants[0].pattern
    (2000, ('open_offer', 'close_cart', 'save_plan'))
    """
    seeds = np.random.SeedSequence(recipe.seed).spawn(2 + (recipe.groups + BLOCK - 1) // BLOCK)
    random = np.random.default_rng(seeds[0])
    people = populate(recipe, random)
    patterns = _patterns(recipe, random)
    put = [(codes, events.chances(spec, people)) for spec, codes in patterns]
    blocks, outcomes, flags = [], [], []
    for number, seed in enumerate(seeds[2:]):
        part = slice(number * BLOCK, min((number + 1) * BLOCK, recipe.groups))
        block, harmed, held = _block(recipe, people, part, put, np.random.default_rng(seed))
        blocks.append(block)
        outcomes.append(harmed)
        flags.append(held)
    harmed = np.concatenate(outcomes)
    names = vocabulary(recipe.names)
    truths = [
        Truth(spec, tuple(names[code] for code in codes), np.concatenate([held[i] for held in flags]))
        for i, (spec, codes) in enumerate(patterns)
    ]
    truths += [Truth(spec, (), cohort(people, spec)) for spec in recipe.plants if not isinstance(spec, Sequence)]
    prepared = _prepared(recipe, people, blocks, names, np.random.default_rng(seeds[1]))
    outcome = Outcome("error", harmed.astype(np.float64), 1, True, f"error: session has '{MARK}'", frozenset({MARK}))
    return Synthetic(
        prepared,
        outcome,
        tuple(truth for truth in truths if not isinstance(truth.spec, Decoy)),
        tuple(truth for truth in truths if isinstance(truth.spec, Decoy)),
    )


def cohort(people: Population, spec: Lifecycle | Growing, part: slice = slice(None)) -> events.Flags:
    """Return which sessions a planted cohort holds."""
    if isinstance(spec, Lifecycle):
        return np.asarray((people.nth[part] == spec.nth) & (people.os[part] == int(spec.os.removeprefix("os_"))))
    return np.asarray((people.nth[part] == 1) & (people.version[part] == VERSIONS.index(spec.version)))


def _patterns(recipe: Recipe, random: np.random.Generator) -> list[tuple[Sequence | Decoy, Codes]]:
    """Choose the events of each pattern: neither the most frequent nor twice the same pattern."""
    specs = [spec for spec in (*recipe.plants, *recipe.decoys) if isinstance(spec, Sequence | Decoy)]
    low = min(8, recipe.names // 3)
    order = np.concatenate(
        [low + random.permutation(recipe.names - low) for _ in range(1 + sum(s.length for s in specs))]
    )
    ends = np.cumsum([0] + [spec.length for spec in specs])
    return [(spec, order[ends[i] : ends[i + 1]].astype(np.int32)) for i, spec in enumerate(specs)]


def _block(
    recipe: Recipe, people: Population, part: slice, put: list[tuple[Codes, Floats]], random: np.random.Generator
) -> tuple[events.Block, events.Flags, list[events.Flags]]:
    """Draw a block of sessions, decide which of them are harmed, and end some of those early."""
    block = events.draw(recipe, people, part, random)
    least = np.ones(len(block.offsets) - 1, dtype=np.int64)
    sequences = [spec for spec in recipe.plants if isinstance(spec, Sequence)]
    for number, (codes, chance) in enumerate(put):
        ends = events.put(block, codes, random.random(len(least)) < chance[part], random)
        if number < len(sequences):  # what harms was there before the harm; a decoy may come or not
            least = np.maximum(least, ends)
    risk = people.risk[part].copy()
    for spec, (codes, _) in zip(sequences, put, strict=False):  # plants come before decoys
        risk[events.holding(block, codes)] *= spec.effect
    for other in recipe.plants:
        if isinstance(other, Lifecycle):
            risk[cohort(people, other, part)] *= other.effect
        elif isinstance(other, Growing):
            elapsed = (people.start[part] - people.start[0]) / (people.start[-1] - people.start[0])
            grown = 1 + (other.effect - 1) * np.clip(2 * elapsed - 1, 0, 1)
            risk *= np.where(cohort(people, other, part), grown, 1.0)
    harmed = random.random(len(risk)) < np.minimum(risk, 0.95)
    block = events.cut(block, harmed, least, recipe.cut, random)
    held = [events.holding(block, codes) for codes, _ in put]
    return (events.marked(block, harmed, recipe.names) if recipe.marked else block), harmed, held


def _prepared(
    recipe: Recipe, people: Population, blocks: list[events.Block], names: list[str], random: np.random.Generator
) -> Prepared:
    """Join blocks, and give every event a time."""
    lengths = np.concatenate([block.lengths for block in blocks])
    offsets = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    at = np.empty(int(offsets[-1]), dtype=np.int64)
    for first in range(0, recipe.groups, BLOCK):
        last = min(first + BLOCK, recipe.groups)
        low, high = offsets[first], offsets[last]
        gaps = (random.standard_exponential(high - low, dtype=np.float32) * 2e10).astype(np.int64) + 1_000_000
        gaps[offsets[first:last] - low] = people.start[first:last] - np.r_[0, people.start[first : last - 1]]
        at[low:high] = _running(gaps, offsets[first : last + 1] - low, people.start[first:last])
    return Prepared(
        names=Column(
            "event", np.concatenate([block.codes for block in blocks]), [*names, MARK] if recipe.marked else names
        ),
        at=at,
        offsets=offsets,
        groups=Numbered("s", recipe.groups),
        users=people.users,
        of_groups={
            "country": Column("country", people.country, [f"country_{i}" for i in range(COUNTRIES)]),
            "os": Column("os", people.os, [f"os_{i}" for i in range(SYSTEMS)]),
            "version": Column("version", people.version, list(VERSIONS)),
            "plan": Column("plan", people.plan, [f"plan_{i}" for i in range(PLANS)]),
        },
    )


def _running(gaps: Ints, offsets: Ints, start: Ints) -> Ints:
    """Return times: the start of each session and then the running sum of its gaps."""
    gaps[offsets[:-1]] = 0
    total = np.cumsum(gaps)
    return np.asarray(total - np.repeat(total[offsets[:-1]] - start, np.diff(offsets)))

"""Events of a block of sessions: drawn, with patterns put in, and cut where a session was harmed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Codes, Floats, Ints
from telic.opportunities.synthetic.population import Population
from telic.opportunities.synthetic.recipe import Decoy, Recipe, Sequence

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Events of consecutive sessions: those of session ``g`` are ``codes[offsets[g]:offsets[g + 1]]``."""

    codes: Codes
    offsets: Ints

    @property
    def lengths(self) -> Ints:
        """Number of events of each session."""
        return np.diff(self.offsets)


def draw(recipe: Recipe, people: Population, part: slice, random: np.random.Generator) -> Block:
    """Draw the events of some sessions: a Zipf law, followers of the event before, favourites of the user."""
    lengths = people.length[part].astype(np.int64)
    offsets = np.r_[0, np.cumsum(lengths)]
    size = int(offsets[-1])
    shares = 1.0 / np.arange(1, recipe.names + 1) ** 0.9
    cumulative = np.cumsum(shares) / shares.sum()
    codes = np.minimum(np.searchsorted(cumulative, random.random(size)), recipe.names - 1).astype(np.int32)
    kind = random.random(size, dtype=np.float32)
    after = np.flatnonzero(kind[1:] < 0.2) + 1
    codes[after] = (codes[after - 1] * 7 + 3) % recipe.names
    liked = np.flatnonzero(kind > 0.88)
    codes[liked] = np.repeat(people.favourite[part], lengths)[liked]
    return Block(codes, offsets)


def put(block: Block, pattern: Codes, chosen: Flags, random: np.random.Generator) -> Ints:
    """Write `pattern` over events of the chosen sessions, in place; return its end in each session, 0 where not put."""
    length, ends = len(pattern), np.zeros(len(chosen), dtype=np.int64)
    rows = np.flatnonzero(chosen & (block.lengths >= length))
    at = (random.random(len(rows)) * (block.lengths[rows] - length + 1)).astype(np.int64)
    first = block.offsets[rows] + at
    for step in range(length):
        block.codes[first + step] = pattern[step]
    ends[rows] = at + length
    return ends


def holding(block: Block, pattern: Codes) -> Flags:
    """Return which sessions hold `pattern`, shape (sessions,)."""
    length = len(pattern)
    at = np.flatnonzero(block.codes[: max(len(block.codes) - length + 1, 0)] == pattern[0])
    for step in range(1, length):
        at = at[block.codes[at + step] == pattern[step]]
    session = np.searchsorted(block.offsets, at, side="right") - 1
    found = np.zeros(len(block.offsets) - 1, dtype=np.bool_)
    found[session[at + length <= block.offsets[session + 1]]] = True
    return found


def chances(spec: Sequence | Decoy, people: Population) -> Floats:
    """Return with what probability each session is given the pattern, so that the share of all is the wanted one."""
    fits = (people.length >= spec.length).astype(np.float64)
    if isinstance(spec, Decoy):
        fits *= np.where(people.country == people.worst, spec.times, 1.0)
    return np.asarray(np.minimum(fits * (spec.share * len(fits) / max(fits.sum(), 1.0)), 1.0))


def cut(block: Block, harmed: Flags, least: Ints, share: float, random: np.random.Generator) -> Block:
    """Return the block with `share` of the harmed sessions ended early, but not before `least` events."""
    lengths = block.lengths
    short = harmed & (random.random(len(harmed)) < share)
    keep = np.where(short, np.maximum((random.random(len(harmed)) * lengths).astype(np.int64) + 1, least), lengths)
    inside = np.arange(len(block.codes)) - np.repeat(block.offsets[:-1], lengths)
    return Block(block.codes[inside < np.repeat(keep, lengths)], np.r_[0, np.cumsum(keep)])


def marked(block: Block, harmed: Flags, mark: int) -> Block:
    """Return the block with `mark` as the last event of harmed sessions."""
    at = block.offsets[1:][harmed]
    return Block(np.insert(block.codes, at, mark).astype(np.int32), block.offsets + np.r_[0, np.cumsum(harmed)])

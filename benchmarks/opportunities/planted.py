"""Whether planted patterns are found, and confounded decoys are not: effect 2x, 1 % of sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.opportunities.judged import crude, families, paper
from benchmarks.result import Metric
from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.model import Family
from telic.opportunities.synthetic import Decoy, Growing, Lifecycle, Recipe, generate
from telic.opportunities.synthetic import Sequence as Pattern
from telic.opportunities.synthetic.generate import Truth

SAME = 0.5  # of the sessions of a finding and of the truth, or of both together, that are in both [1]
PLANTS = (Pattern(2.0), Pattern(2.0, length=2), Pattern(2.0, length=4), Lifecycle(2.0), Growing(3.5))


def measure(quick: bool) -> tuple[dict[str, Metric], Mapping[str, object]]:
    """Judge data of several seeds, each with five plants and two decoys."""
    seeds = 4 if quick else 20
    counts = {way: np.zeros(2) for way in ("telic", "crude", "paper")}
    missed: list[str] = []
    extra = listed = 0
    for seed in range(seeds):
        made = generate(recipe(seed))
        judging = Judging(seed=seed, threads=1)
        asked = families(made.prepared, judging, made.outcome.touches, but=("country",))
        surfaced = surface(made.prepared, [made.outcome], asked, judging)
        places = [(asked[each.place[0]], each.place[1]) for each in surfaced.findings]
        hits = found(places, made.plants)
        missed += [f"{seed}: {truth.words}" for truth, hit in zip(made.plants, hits, strict=True) if not hit]
        counts["telic"] += (sum(hits), sum(found(places, made.decoys)))
        listed += len(places)
        extra += len(places) - sum(about(places, made.plants))
        for way, rows in (("crude", crude(asked, made.outcome)), ("paper", paper(asked, made.outcome))):
            passed = list(rows)
            counts[way] += (sum(found(passed, made.plants)), sum(found(passed, made.decoys)))
    plants, decoys = seeds * len(PLANTS), seeds * 2
    share = {
        way: {"planted_recall": float(c[0]) / plants, "decoy_rate": float(c[1]) / decoys} for way, c in counts.items()
    }
    metrics = {
        "planted_recall": Metric(share["telic"]["planted_recall"], "share", 0.95, True, f"of {plants} plants"),
        "decoy_rate": Metric(share["telic"]["decoy_rate"], "share", 0.05, note=f"of {decoys} decoys"),
        "findings_of_nothing": Metric(extra / max(listed, 1), "share", note=f"of {listed} findings"),
    }
    peers = {
        "Benjamini-Hochberg, nothing adjusted": share["crude"],
        "the paper's rule for sequences": share["paper"],
        "missed": missed,
    }
    return metrics, peers


def recipe(seed: int) -> Recipe:
    """Return the recipe of a seed: enough sessions to tell 2x in 1 % of them from the least effect that matters."""
    decoys = (Decoy(), Decoy(share=0.02, times=20.0, length=2))
    return Recipe(groups=300_000, users=60_000, plants=PLANTS, decoys=decoys, seed=seed)


def found(places: Sequence[tuple[Family, int]], truths: Sequence[Truth]) -> list[bool]:
    """Say of each truth whether one of the hypotheses is about (nearly) the same sessions."""
    return [any(_same(family, row, truth) for family, row in places) for truth in truths]


def about(places: Sequence[tuple[Family, int]], truths: Sequence[Truth]) -> list[bool]:
    """Say of each hypothesis whether it is about (nearly) the sessions of a truth."""
    return [any(_same(family, row, truth) for truth in truths) for family, row in places]


def _same(family: Family, row: int, truth: Truth) -> bool:
    size, whole = int(family.support()[row]), int(truth.members.sum())
    if not SAME <= size / max(whole, 1) <= 1 / SAME:
        return False
    both = int(truth.members[family.members(np.array([row])).groups].sum())
    return both / (size + whole - both) >= SAME

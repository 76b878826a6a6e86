"""How often a run finds anything where there is nothing to find: outcomes that no pattern has to do with.

The traps of real data are all there: sessions that end early because they were harmed, a country with a higher risk and
patterns of its own, users with several sessions that are alike, events by a Zipf law.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.opportunities.judged import crude, families, paper, upper
from benchmarks.result import Metric
from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.model import Outcome, Prepared
from telic.opportunities.synthetic import Decoy, Recipe, Synthetic, generate

SIZES = ((4_000, 900), (12_000, 2_000), (30_000, 9_000))  # sessions, users


def measure(quick: bool) -> tuple[dict[str, Metric], Mapping[str, object]]:
    """Judge data of many seeds; quick: fewer and smaller ones."""
    seeds = 46 if quick else 400
    found, by_crude, by_paper, tests = 0, 0, 0, 0
    what: list[str] = []
    for seed in range(seeds):
        made, outcomes = null(seed, quick)
        judging = Judging(seed=seed, threads=1)
        asked = families(made.prepared, judging, made.outcome.touches, but=("country",))
        surfaced = surface(made.prepared, outcomes, asked, judging)
        found += bool(surfaced.findings)
        what += [f"{seed}: {each.outcome}: {each.hypothesis.words} (q {each.q:.2g})" for each in surfaced.findings]
        by_crude += any(True for outcome in outcomes for _ in crude(asked, outcome))
        by_paper += any(True for outcome in outcomes if outcome.binary for _ in paper(asked, outcome))
        tests += int(surfaced.record["tests"] or 0)
    note = f"{found} of {seeds} runs; {tests // seeds:,} tests a run"
    metrics = {
        "null_runs_with_findings": Metric(upper(found, seeds), "share", 0.08, note=f"upper 95 % bound: {note}"),
        "null_runs_observed": Metric(found / seeds, "share"),
    }
    peers = {
        "Benjamini-Hochberg, nothing adjusted": by_crude / seeds,
        "the paper's rule for sequences": by_paper / seeds,
        "findings": what[:20],
    }
    return metrics, peers


def null(seed: int, quick: bool) -> tuple[Synthetic, list[Outcome]]:
    """Return data with decoys and three outcomes: a rare error, a purchase, an amount."""
    groups, users = SIZES[0] if quick else SIZES[seed % len(SIZES)]
    base, frailty = (0.05, 0.5) if seed % 2 else (0.12, 1.0)
    decoys = (Decoy(), Decoy(share=0.02, times=20.0, length=2))
    made = generate(Recipe(groups=groups, users=users, base=base, frailty=frailty, decoys=decoys, seed=seed))
    return made, [made.outcome, *alike(made.prepared, seed)]


def alike(prepared: Prepared, seed: int) -> list[Outcome]:
    """Return two outcomes where more is better, one in numbers: they depend on country, user and length alone."""
    random = np.random.default_rng([seed, 5])
    country = prepared.of_groups["country"]
    by_country = np.exp(random.uniform(-0.4, 0.4, len(country.labels)))
    by_country[2] = 0.4  # where decoys are frequent
    own = random.gamma(2.0, 0.5, int(prepared.users.max()) + 1)
    length = np.diff(prepared.offsets)
    scale = by_country[country.codes] * own[prepared.users] * np.sqrt(length / length.mean())
    bought = (random.random(prepared.size) < np.minimum(0.25 * scale, 0.95)).astype(np.float64)
    amount = scale * random.lognormal(2.0, 0.8, prepared.size)
    return [
        Outcome("bought", bought, -1, True, "bought"),
        Outcome("amount", amount, -1, False, "amount"),
    ]

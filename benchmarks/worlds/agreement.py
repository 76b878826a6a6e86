"""Do the live and the simulated world say the same of faults and trials?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.loop.healthy import home
from telic.lab.faults import LOOP
from telic.lab.trials.comparison import Pair, compare

DESIGNS = (
    "baseline", "one-retry", "backoff-jitter", "no-retries", "budget", "breaker", "bounded-queue", "deadline", "aimd",
    "lifo", "cache", "combination",
)  # fmt: skip
"""The wirings of the hotel that are compared."""
TRIGGERS = ("T1", "T2")


def agreement(
    faults: Sequence[str] = (),
    seeds: Sequence[int] = (1, 2, 3),
    designs: Sequence[str] = DESIGNS,
    triggers: Sequence[str] = TRIGGERS,
    design_seeds: Sequence[int] = (1,),
) -> tuple[float, float, list[Mapping[str, object]]]:
    """Run everything on both worlds.

    Returns
    -------
    Share of the same verdicts [1], median ratio of the recovery times [1], and a row a pair.
    """
    trials = [(design, trigger) for design in designs for trigger in triggers]
    with home() as settings:
        hurt = compare("hotel", settings, faults=list(faults or LOOP), trials=(), seeds=seeds, on_pair=say)
        tried = compare("hotel", settings, faults=(), trials=trials, seeds=design_seeds, on_pair=say)
    found = type(hurt)(hurt.pairs + tried.pairs)
    return found.agreement, found.ratio, [row(each) for each in found.pairs]


def row(pair: Pair) -> Mapping[str, object]:
    """Return a pair as a row of the result."""
    return {
        "what": pair.what,
        "seed": pair.seed,
        "local": pair.local.verdict,
        "simulated": pair.simulated.verdict,
        "local_s": pair.local.recovery,
        "simulated_s": pair.simulated.recovery,
        "same": pair.agree,
    }


def say(pair: Pair) -> None:
    """Say how a pair went."""
    seen = [
        f"{name}: {each.verdict}" + ("" if each.recovery is None else f" {each.recovery:.1f} s")
        for name, each in (("local", pair.local), ("simulated", pair.simulated))
    ]
    print(f"{pair.what:24} seed {pair.seed}  {'same' if pair.agree else 'OTHER'}  {'  '.join(seen)}", flush=True)

"""``python -m benchmarks.diagnosis [--quick] --json OUT``: recorded incidents, Telic beside trivial guesses."""

from __future__ import annotations

import math
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import result
from benchmarks.diagnosis import harder, measure, score, trivial
from benchmarks.diagnosis.cases import SETS, Case, cases, data
from benchmarks.diagnosis.made.folder import make
from benchmarks.diagnosis.score import Guess, Scored
from benchmarks.result import Metric

MADE = range(500, 530)
"""Numbers of the made-up incidents, twice each: with a fault and without."""
PUBLISHED: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "nezha_trainticket": {"Nezha (FSE 2023, 45 cases)": {"as1": 0.8667, "as3": 0.9778, "inner_as1": 0.8667}},
    "petshop": {
        "anomaly traversal (52 cases, by kind of traffic and symptom)": {"top1": "0.571-0.833", "top3": "0.571-1.000"}
    },
    "rootcausebench": {"scripted-rca (24 cases)": {"right": 7 / 24}, "always none": {"right": 7 / 24}},
}
"""As their sources print them; on more cases than are here."""


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("How often the cause of a recorded incident is found.")
    chosen = parser.parse_args()
    found = {name: list(cases(name))[:: 2 if chosen.quick else 1] for name in SETS}
    if not any(found.values()):
        print(f"no incidents under {data()}: set TELIC_DATA")
    scored = {name: _scored(each) for name, each in found.items()}
    every = [each for rows in scored.values() for each in rows]
    alone = [each for rows in found.values() for each in rows[:: 8 if chosen.quick else 1]]
    metrics = _metrics(scored) | _costs(alone) | _calibration(every)
    tried = [] if chosen.quick else list(harder.tries([each for rows in found.values() for each in rows]))
    metrics |= _harder(tried, frozenset(each.case.name for each in every if each.truth.negative))
    invented = [] if chosen.quick else _invented()
    metrics |= _made(invented)
    peers: dict[str, object] = {name: _peers(name, rows) for name, rows in scored.items() if rows}
    peers["reliability"] = score.reliability(every)
    peers["brier by temperature, cases made harder"] = harder.fitted(tried)
    peers["reliability, made-up incidents"] = score.reliability(invented)
    peers["made-up incidents"] = [_row(each) for each in invented]
    peers["cases"] = [_row(each) for each in every]
    result.write(chosen.json, "diagnosis", metrics, peers)
    _print(peers, score.reliability(every))
    if invented:
        _print_reliability("made-up incidents", score.reliability(invented))
    return 0


def _scored(chosen: Sequence[Case]) -> list[Scored]:
    return [Scored(each, each.truth(), measure.guess(each)) for each in chosen]


def _metrics(scored: Mapping[str, Sequence[Scored]]) -> dict[str, Metric]:
    nezha, petshop, benchmark = scored["nezha_trainticket"], scored["petshop"], scored["rootcausebench"]
    faults = [each for each in petshop if not each.truth.negative]
    normal = [each for each in petshop if each.truth.negative]
    return {
        "nezha_tt_as1": _share([each.top(1) for each in nezha], 0.95),
        "nezha_tt_inner_as1": _share([each.inner for each in nezha], 0.90),
        "petshop_top1": _macro(faults, 1, 0.85),
        "petshop_top3": _macro(faults, 3, 0.95),
        "petshop_specificity": _share([each.top(1) for each in normal], 1.0),
        "petshop_temporal_top1": _share([each.top(1) for each in scored["petshop_temporal"]], None),
        "rcb_right": _count([each.change_right for each in benchmark], 7 / 8),
        "rcb_entity": _share([each.top(1) for each in benchmark], None),
    }


def _share(hits: Sequence[bool], goal: float | None) -> Metric:
    if not hits:
        return Metric(None, "1", goal, higher_is_better=True, note="no data")
    low, high = score.wilson(sum(hits), len(hits))
    note = f"{sum(hits)} of {len(hits)}, 95 % interval {low:.2f}-{high:.2f}"
    return Metric(score.share(hits), "1", goal, higher_is_better=True, note=note)


def _count(hits: Sequence[bool], goal: float) -> Metric:
    if not hits:
        return Metric(None, "cases", None, higher_is_better=True, note="no data")
    low, high = score.wilson(sum(hits), len(hits))
    note = f"of {len(hits)}, 95 % interval of the share {low:.2f}-{high:.2f}"
    return Metric(float(sum(hits)), "cases", math.ceil(goal * len(hits)), higher_is_better=True, note=note)


def _macro(found: Sequence[Scored], k: int, goal: float) -> Metric:
    if not found:
        return Metric(None, "1", goal, higher_is_better=True, note="no data")
    low, high = score.bootstrap(found, k)
    causes = Counter(each.truth.entity for each in found)
    right = Counter(each.truth.entity for each in found if each.top(k))
    counts = ", ".join(f"{cause.split('_')[0]} {right[cause]}/{count}" for cause, count in causes.most_common())
    total = score.wilson(sum(right.values()), len(found))
    note = f"{counts}; bootstrap {low:.2f}-{high:.2f}; all cases alike {total[0]:.2f}-{total[1]:.2f}"
    return Metric(score.macro(found, k), "1", goal, higher_is_better=True, note=note)


def _costs(chosen: Sequence[Case]) -> dict[str, Metric]:
    if not chosen:
        return {key: Metric(None, unit, note="no data") for key, unit in (("diagnose_s_max", "s"),)}
    found = measure.costs(chosen)
    return {
        "diagnose_s_max": Metric(max(each.wall for each in found), "s", 2.0, note="from starting the interpreter"),
        "diagnose_cpu_s_max": Metric(max(each.cpu for each in found), "s"),
        "diagnose_rss_mb": Metric(max(each.memory for each in found), "MB", 1000.0),
    }


def _calibration(every: Sequence[Scored]) -> dict[str, Metric]:
    return {"brier": Metric(score.brier(every) if every else None, "1", note=f"{len(every)} cases")}


def _invented() -> list[Scored]:
    """Made-up incidents with a fault and without; no weight was chosen on these numbers."""
    with tempfile.TemporaryDirectory(prefix="telic-made-") as folder:
        made = [make(Path(folder), number, faulty=faulty) for number in MADE for faulty in (True, False)]
        return _scored(made)


def _made(found: Sequence[Scored]) -> dict[str, Metric]:
    if not found:
        why = "--quick: a minute"
        return {key: Metric(None, "1", note=why) for key in ("made_top1", "made_top3", "made_quiet", "made_brier")}
    faults, calm = ([each for each in found if each.truth.negative is negative] for negative in (False, True))
    return {
        "made_top1": _share([each.top(1) for each in faults], None),
        "made_top3": _share([each.top(3) for each in faults], None),
        "made_quiet": _share([each.top(1) for each in calm], None),
        "made_brier": Metric(score.brier(found), "1", note=f"{len(found)} cases"),
    }


def _harder(tried: Sequence[harder.Tried], negatives: frozenset[str]) -> dict[str, Metric]:
    if not tried:
        why = "--quick: minutes"
        return {key: Metric(None, "1", note=why) for key in ("harder_right", "harder_brier", "harder_brier_left_out")}
    hits = harder.right(tried, negatives)
    return {
        "harder_right": Metric(
            score.share(hits),
            "1",
            higher_is_better=True,
            note=f"{sum(hits)} of {len(hits)}: fewer traces or less baseline",
        ),
        "harder_brier": Metric(harder.brier(tried), "1", note=f"{len(tried)} diagnoses"),
        "harder_brier_left_out": Metric(harder.left_out(tried), "1", note="temperature fitted without the case"),
    }


def _peers(name: str, rows: Sequence[Scored]) -> dict[str, Mapping[str, object]]:
    table: dict[str, Mapping[str, object]] = {"telic": _line(rows)}
    causes = Counter(each.truth.entity for each in rows if not each.truth.negative)
    constant = causes.most_common(1)[0][0] if causes else ""
    for way, found in trivial.guesses([each.case for each in rows], constant).items():
        table[way] = _line([Scored(each.case, each.truth, guess) for each, guess in zip(rows, found, strict=True)])
    if name == "rootcausebench":
        table["never a change"] = _line([_never(each) for each in rows])
    return table | {f"published: {who}": numbers for who, numbers in PUBLISHED.get(name, {}).items()}


def _never(each: Scored) -> Scored:
    return Scored(each.case, each.truth, Guess((each.truth.entity,)))


def _line(rows: Sequence[Scored]) -> dict[str, float]:
    faults = [each for each in rows if not each.truth.negative]
    normal = [each for each in rows if each.truth.negative]
    line = {
        "top1": score.share([each.top(1) for each in faults]),
        "top3": score.share([each.top(3) for each in faults]),
        "macro1": score.macro(faults, 1),
        "macro3": score.macro(faults, 3),
    }
    if any(each.truth.signal for each in faults):
        line["inner"] = score.share([each.inner for each in faults])
    if any(each.truth.change for each in faults):
        line["change"] = score.share([each.change_right for each in faults])
    if normal:
        line["specificity"] = score.share([each.top(1) for each in normal])
    return {key: round(value, 3) for key, value in line.items()}


def _row(each: Scored) -> dict[str, object]:
    return {
        "case": each.case.name,
        "truth": each.truth.entity or "nothing",
        "said": list(each.guess.entities[:3]),
        "mechanism": each.guess.mechanism,
        "signal": each.guess.signal,
        "change": each.guess.change,
        "confidence": each.guess.confidences[0] if each.guess.confidences else 0.0,
        "right": each.top(1),
    }


def _print(peers: Mapping[str, object], reliability: Sequence[Mapping[str, float]]) -> None:
    for name in SETS:
        table = peers.get(name)
        for way, line in table.items() if isinstance(table, dict) else ():
            print(f"{name:18} {way:40} {line}")
    _print_reliability("recorded incidents", reliability)


def _print_reliability(name: str, reliability: Sequence[Mapping[str, float]]) -> None:
    print(f"confidence and how often it was right, {name}:")
    for row in reliability:
        print(f"  {row['from']:.1f}-{row['to']:.1f}  {row['cases']:3.0f} cases  right {row['right']:.2f}")


if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks.metrics [--quick] --json OUT``: how well surprises find what people called anomalies."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from statistics import mean

from benchmarks import result
from benchmarks.metrics import data, detectors, nab, published, servers, speed
from benchmarks.metrics.nab import PROFILES, Outcome, Series
from benchmarks.result import Metric

_BEST = 74.9  # of NAB's scoreboard, on the whole corpus


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("Metrics: NAB and the SMD/ASD servers.")
    chosen = parser.parse_args()
    metrics: dict[str, Metric] = {}
    peers: dict[str, object] = {}
    for part in (_nab, _servers, _speed):
        more, beside = part(chosen.quick)
        metrics |= more
        peers |= beside
    result.write(chosen.json, "metrics", metrics, peers)
    return 0


def _nab(_: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    folder = data.folder("nab")
    if not (folder / "labels").exists():
        return {"nab_score": Metric(None, "points", _BEST, higher_is_better=True, note=f"no data at {folder}")}, {}
    corpus = nab.load(folder)
    scores = {name: detector(corpus) for name, detector in detectors.ALL.items()}
    best = {name: nab.evaluate(corpus, found, PROFILES["standard"]) for name, found in scores.items()}
    fixed = nab.evaluate(corpus, scores["telic"], PROFILES["standard"], detectors.ALARM)
    windows = sum(len(each.windows) for each in corpus)
    seen = f"{len(corpus)} of 58 files, {windows} of 116 windows"
    metrics = {
        "nab_score": Metric(
            best["telic"].score,
            "points",
            _BEST,
            higher_is_better=True,
            note=f"standard profile, threshold {best['telic'].threshold:.2f} nats chosen as NAB does; {seen}",
        ),
        "nab_score_fixed": Metric(fixed.score, "points", note=f"threshold {detectors.ALARM:g} nats, fixed in advance"),
    }
    for name in ("reward_low_FP_rate", "reward_low_FN_rate"):
        metrics[f"nab_{name}"] = Metric(nab.evaluate(corpus, scores["telic"], PROFILES[name]).score, "points")
    table = {name: _by_folder(corpus, outcome) for name, outcome in [*best.items(), ("telic, fixed", fixed)]}
    return metrics, {
        "nab": table,
        "nab_published_same_folders": _published(corpus),
        "nab_published_whole_corpus": published.SCOREBOARD,
        "nab_files": {name: round(score, 3) for name, score in best["telic"].by_file.items()},
    }


def _by_folder(corpus: Sequence[Series], outcome: Outcome) -> dict[str, float]:
    """Score of each folder on its own scale (raw where it has no window) with the corpus' threshold, and of all."""
    scores = {}
    for folder in dict.fromkeys(each.name.partition("/")[0] for each in corpus):
        part = [each for each in corpus if each.name.startswith(folder + "/")]
        raw = sum(outcome.by_file[each.name] for each in part)
        has = any(each.windows for each in part)
        scores[folder] = round(nab.normalised(raw, part, PROFILES["standard"]) if has else raw, 2)
    return {**scores, "all": round(outcome.score, 2)}


def _published(corpus: Sequence[Series]) -> Mapping[str, object]:
    """Return the published scores on those of the folders here that their sums are known of."""
    known = [each for each in corpus if each.name.partition("/")[0] in published.FOLDERS]
    if len(known) != len(corpus):
        return {"note": "other folders than those whose published sums are kept"}
    return {
        name: round(nab.normalised(sum(raw), known, PROFILES["standard"]), 1) for name, raw in published.RAW.items()
    }


def _servers(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    folder = data.folder("smd_asd_servers")
    machines = servers.load(folder, ("asd",) if quick else ("asd", "smd"))
    if not machines:
        return {"smd_f1": Metric(None, "1", higher_is_better=True, note=f"no data at {folder}")}, {}
    table: dict[str, dict[str, object]] = {}
    for name, detector in servers.DETECTORS.items():
        alarmed = [servers.alarms(each, scores) for each, scores in zip(machines, detector(machines), strict=True)]
        found = [servers.evaluate(each, mark) for each, mark in zip(machines, alarmed, strict=True)]
        by_chance = [servers.at_random(each, mark) for each, mark in zip(machines, alarmed, strict=True)]
        table[name] = {
            "f1": round(mean(each.f1 for each in found), 3),
            "precision": round(mean(each.precision for each in found), 3),
            "recall": round(mean(each.recall for each in found), 3),
            "point_f1": round(mean(each.point_f1 for each in found), 3),
            "ranges": mean(each.ranges for each in found),
            "random_same_rate_f1": round(mean(by_chance), 3),
            "machines": {machine.name: round(each.f1, 3) for machine, each in zip(machines, found, strict=True)},
        }
    what = "--quick: the ASD servers only; " if quick else ""
    note = f"{what}mean over {len(machines)} machines; range-based, nothing adjusted, threshold from the training part"
    value = table["telic"]["f1"]
    assert isinstance(value, float)
    return {"smd_f1": Metric(value, "1", higher_is_better=True, note=note)}, {"servers": table}


def _speed(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    samples = 500 if quick else 2000
    return {
        "points_per_cpu_s": Metric(speed.batch(4000, samples), "1/s", 1e6, higher_is_better=True, note="4,000 series"),
        "stream_points_per_cpu_s": Metric(
            speed.stream(100, samples), "1/s", 1e5, higher_is_better=True, note="100 series, a sample of each at a time"
        ),
    }, {}


if __name__ == "__main__":
    sys.exit(main())

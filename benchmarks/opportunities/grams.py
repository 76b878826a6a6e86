"""All distinct 3-grams with their sessions, from Parquet to counts, against engines and a matcher of known grams.

Keys: ``ngram_friendly_vs_best``, ``ngram_adverse_vs_best``, ``vs_ahocorasick``, ``k8_s_per_10m``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.opportunities import files
from benchmarks.opportunities.peers import ENGINES, THREADS, Counted, Question, sorted_by_gram
from benchmarks.result import Metric
from telic.opportunities import store
from telic.opportunities.kernels.ngrams import mine, mine_all
from telic.opportunities.model import Prepared
from telic.opportunities.read import Columns, open_source

KNOWN = 1_000  # grams that the matcher is given [1]
LEAST = 0.01  # support of the grams of all lengths [1]
T = TypeVar("T")
Seconds = dict[str, float]


@dataclass(frozen=True)
class Pace:
    """How often each is measured [1], and what rest is before, so that nobody pays for what another still does [s]."""

    rounds: int
    rest: float


FULL, QUICK = Pace(3, 1.0), Pace(2, 0.0)


def measure(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    """Return how many times faster than the best engine, and what each took."""
    pace = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="telic-grams-") as folder:
        prepared, paths = files.write(Path(folder), quick=quick)
        names = sorted(prepared.names.labels)
        wall: dict[str, dict[str, Seconds]] = {}
        for name, path in paths.items():
            wall[name] = _compared(Question(path, names, ordered=name == "friendly"), pace)
        known = _known_grams(Question(paths["friendly"], names, ordered=True), pace)
        kept = store.prepare(
            open_source(paths["friendly"]), Columns("timestamp", "event", "session_id", ""), home=Path(folder) / "home"
        )
        longest = _longest(kept, pace)
    events = len(prepared.at)
    note = f"{events:,} events; wall time, best of {pace.rounds}"
    metrics = {
        "ngram_friendly_vs_best": _ratio(wall["friendly"], 8.0, f"time-ordered, sessions as numbers; {note}"),
        "ngram_adverse_vs_best": _ratio(wall["adverse"], 4.0, f"shuffled, sessions as 16 hexadecimal digits; {note}"),
        "vs_ahocorasick": Metric(
            known["pyahocorasick"] / known["telic"], "x", 10.0, higher_is_better=True,
            note=f"it looks for {KNOWN:,} drawn at random, Telic for all; both read and cluster alike; {note}",
        ),
        "vs_ahocorasick_counting": Metric(
            known["pyahocorasick counting"] / known["telic counting"], "x", higher_is_better=True,
            note="the same from clustered events on",
        ),
        "k8_s_per_10m": Metric(
            longest["cpu"] * 1e7 / events, "s", 0.5,
            note=f"lengths 1 to 8 at {LEAST:.0%}, CPU time of one thread, from the prepared store; {events:,} events",
        ),
    }  # fmt: skip
    return metrics, {**wall, "known grams": known, "all lengths": longest}


def telic(question: Question) -> Counted:
    """Read, cluster, count."""
    return _counted(_loaded(question, "faulty"), question)


def _loaded(question: Question, along: str = "") -> Prepared:
    columns = Columns("timestamp", "event", "session_id", "")
    return store.load(open_source(question.path), columns, ordered=question.ordered, along=along, threads=THREADS)


def _counted(events: Prepared, question: Question) -> Counted:
    faulty = _faulty(events)
    grams = mine(events, 3, least=1, values=faulty, threads=THREADS)
    codes = _codes(events, question)[grams.grams]
    failed = grams.totals(faulty)
    return sorted_by_gram(codes @ np.asarray([65_536, 256, 1]), failed, grams.support() - failed)


def _faulty(events: Prepared) -> Any:
    column = events.of_groups["faulty"]
    return np.asarray([float(label == "true") for label in column.labels])[column.codes]


def _codes(events: Prepared, question: Question) -> Any:
    place = {name: code for code, name in enumerate(question.names)}
    return np.asarray([place[name] for name in events.names.labels], np.int64)


def _compared(question: Question, pace: Pace) -> dict[str, Seconds]:
    ways: dict[str, Callable[[Question], Counted]] = {"telic": telic, **ENGINES}
    taken = {name: {"wall": np.inf, "cpu": np.inf} for name in ways}
    truth = telic(question)
    for _ in range(pace.rounds):  # one after the other, so that all see the same machine
        for name, way in ways.items():
            found, seconds = _timed(lambda way=way: way(question), pace.rest)  # type: ignore[misc]
            if not found.same(truth):
                raise AssertionError(f"{name} counts other grams of {question.path.name}")
            taken[name] = {key: min(taken[name][key], value) for key, value in seconds.items()}
    return taken


def _ratio(taken: dict[str, Seconds], goal: float, note: str) -> Metric:
    best = min((name for name in taken if name != "telic"), key=lambda name: taken[name]["wall"])
    ratio = taken[best]["wall"] / taken["telic"]["wall"]
    return Metric(ratio, "x", goal, higher_is_better=True, note=f"best: {best}; {note}")


def _known_grams(question: Question, pace: Pace) -> Seconds:
    """Return wall time of all grams by Telic, and of the given ones by pyahocorasick on the same clustered events."""
    truth = telic(question)
    chosen = np.sort(np.random.default_rng(0).permutation(len(truth.grams))[:KNOWN])
    taken: dict[str, list[float]] = {}

    def note(name: str, reading: Seconds, counting: Seconds) -> None:
        taken.setdefault(name, []).append(reading["wall"] + counting["wall"])
        taken.setdefault(f"{name} counting", []).append(counting["wall"])

    for _ in range(pace.rounds):
        events, reading = _timed(lambda: _loaded(question, "faulty"), pace.rest)
        _, counting = _timed(lambda events=events: _counted(events, question), pace.rest)  # type: ignore[misc]
        note("telic", reading, counting)
        events, reading = _timed(lambda: _loaded(question), pace.rest)
        found, counting = _timed(lambda events=events: _matched(events, question, truth.grams[chosen]), pace.rest)  # type: ignore[misc]
        note("pyahocorasick", reading, counting)
        if not np.array_equal(found, (truth.faulty + truth.normal)[chosen]):
            raise AssertionError("pyahocorasick counts other sessions")
    return {name: min(each) for name, each in taken.items()}


def _matched(events: Prepared, question: Question, grams: Any) -> Any:
    """Return how many sessions have each gram: one text of all events, a separator between sessions."""
    import ahocorasick  # type: ignore[import-not-found]

    letters = (_codes(events, question) + 1).astype(np.uint8)[events.names.codes]
    text = np.insert(letters, events.offsets[1:-1], 0).tobytes().decode("latin-1")
    machine = ahocorasick.Automaton()
    for number, gram in enumerate(grams.tolist()):
        machine.add_word("".join(chr(code + 1) for code in (gram >> 16, gram >> 8 & 255, gram & 255)), number)
    machine.make_automaton()
    hits = np.fromiter(chain.from_iterable(machine.iter(text)), np.int64).reshape(-1, 2)
    starts = events.offsets[:-1] + np.arange(events.size)
    session = np.searchsorted(starts, hits[:, 0], side="right") - 1
    by_gram = np.argsort(hits[:, 1].astype(np.uint16), kind="stable")  # a radix sort: sessions stay in order
    gram, session = hits[by_gram, 1], session[by_gram]
    first = np.ones(len(gram), np.bool_)
    first[1:] = (gram[1:] != gram[:-1]) | (session[1:] != session[:-1])
    return np.bincount(gram[first], minlength=len(grams))


def _longest(events: Prepared, pace: Pace) -> Seconds:
    least = max(1, int(LEAST * events.size))
    taken = {"wall": np.inf, "cpu": np.inf}
    found: list[int] = []
    for _ in range(pace.rounds + 1):
        grams, seconds = _timed(lambda: mine_all(events, longest=8, least=least, threads=1), pace.rest)
        found = [len(each) for each in grams]
        taken = {key: min(taken[key], value) for key, value in seconds.items()}
    return taken | {f"grams of {k}": float(count) for k, count in enumerate(found, 1)}


def _timed(function: Callable[[], T], rest: float) -> tuple[T, Seconds]:
    time.sleep(rest)
    wall, cpu = time.perf_counter(), time.process_time()
    made = function()
    return made, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

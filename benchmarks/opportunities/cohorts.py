"""250 cohorts x 3 KPIs from a Parquet file: one merged plan against what is done without one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.result import Metric
from telic.opportunities.model import Prepared
from telic.opportunities.plan import (
    Evaluation,
    Node,
    Table,
    any_of,
    attribute,
    equals,
    name,
    optimised,
    run,
    totals,
)
from telic.opportunities.synthetic import Lifecycle, Recipe, generate, table
from telic.opportunities.templates import template

COHORTS = 250
KPIS = ("app_error", "view_item", "save_plan")
THREADS = 2
Cohort = tuple[tuple[Node, str], ...]
"""Columns and the labels that a cohort has in them."""
Counts = dict[Cohort, tuple[int, ...]]
"""Groups and the sum of each KPI, by cohort."""


@dataclass(frozen=True)
class Took:
    """What one way took."""

    cpu: float  # of all threads [s]
    wall: float  # [s]


def measure(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    """Return how much faster one plan is than a cached stage, and than a query for each cohort."""
    made = generate(
        Recipe(groups=150_000 if quick else 1_000_000, users=200_000, plants=(Lifecycle(effect=4.0),), seed=6)
    )
    prepared = made.prepared
    with tempfile.TemporaryDirectory(prefix="telic-cohorts-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "events.parquet"
        connection.execute(f"SET threads = {THREADS}")
        connection.register("made", table(made))
        connection.execute(f"COPY made TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        connection.unregister("made")
        events = Table(
            f"read_parquet('{path}')", "session_id", "user_id", "timestamp", "event", every_user=True, numbered=True
        )
        return _compared(_Asked.of(prepared, events), connection, prepared, quick)


@dataclass(frozen=True)
class _Asked:
    """The cohorts, and the questions that have them for answers."""

    events: Table
    questions: tuple[tuple[Node, ...], ...]
    kpis: tuple[Node, ...]
    cohorts: tuple[Cohort, ...]

    @classmethod
    def of(cls, prepared: Prepared, events: Table) -> _Asked:
        """Ask for uses, attributes, both crossed, and pairs of attributes, until there are enough cohorts."""
        use = template.create("lifecycle").cut().column  # type: ignore[attr-defined]
        attributes = [attribute(column) for column in prepared.of_groups]
        labels = {attribute(name): list(column.labels) for name, column in prepared.of_groups.items()}
        labels[use] = ["first", "second", "later"]
        every = [(use,), *((each,) for each in attributes), *((use, each) for each in attributes)]
        every += [(left, right) for left, right in combinations(attributes, 2)]
        cohorts: list[Cohort] = []
        questions: list[tuple[Node, ...]] = []
        for by in every:
            if len(cohorts) < COHORTS:
                questions.append(by)
                cohorts += [tuple(zip(by, chosen, strict=True)) for chosen in product(*(labels[each] for each in by))]
        kpis = tuple(any_of(equals(name(), each)) for each in KPIS)
        return cls(events, tuple(questions), kpis, tuple(cohorts[:COHORTS]))


def _compared(
    asked: _Asked, connection: duckdb.DuckDBPyConnection, prepared: Prepared, quick: bool
) -> tuple[dict[str, Metric], dict[str, object]]:
    def query(statement: str) -> list[Any]:
        return connection.execute(statement).fetchall()

    sample = asked.cohorts[:: 25 if quick else 1]
    repeat = 2 if quick else 3
    merged, plan = _best(lambda: _merged(asked, query), repeat)
    cached, stage = _best(lambda: _cached(asked, connection), repeat)
    separate, alone = _best(lambda: _separate(asked, sample, query), 1)
    held, kept = _best(lambda: _prepared(asked, prepared), repeat)
    for other in (cached, held):
        if other != merged:
            raise AssertionError("the ways differ in their counts")
    if any(separate[each] != merged[each] for each in sample):
        raise AssertionError("separate queries differ from the plan in their counts")
    scale = len(asked.cohorts) / len(sample)
    note = f"CPU time; {len(prepared.at):,} events, {len(asked.cohorts)} cohorts x {len(asked.kpis)} KPIs, counts equal"
    ran = "all queries ran" if len(sample) == len(asked.cohorts) else f"EXTRAPOLATED from {len(sample)} spread queries"
    metrics = {
        "cohorts_vs_cached": Metric(stage.cpu / plan.cpu, "x", 2.5, True, note),
        "cohorts_vs_separate": Metric(alone.cpu * scale / plan.cpu, "x", 50, True, f"{note}; {ran}"),
        "cohorts_plan_s": Metric(plan.wall, "s", note="wall, Parquet to counts"),
        "cohorts_prepared_s": Metric(kept.wall, "s", note="wall, from prepared events in memory, one thread"),
    }
    peers: dict[str, object] = {
        "events": len(prepared.at),
        "threads": THREADS,
        "one plan, GROUPING SETS": vars(plan),
        "cached stage + 250 queries": vars(stage),
        f"separate queries ({len(sample)} of {len(asked.cohorts)} ran)": vars(alone),
        "prepared events in memory": vars(kept),
    }
    return metrics, peers


def _best(way: Callable[[], Counts], times: int) -> tuple[Counts, Took]:
    took: list[Took] = []
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        found = way()
        took.append(Took(time.process_time() - cpu, time.perf_counter() - wall))
    return found, min(took, key=lambda each: each.cpu)


def _merged(asked: _Asked, query: Callable[[str], list[Any]]) -> Counts:
    """Answer by the plan: its passes and its writing are part of the time."""
    roots = optimised([totals(asked.events, by, asked.kpis) for by in asked.questions])
    found: Counts = dict.fromkeys(asked.cohorts, (0,) * (1 + len(asked.kpis)))
    for by, answer in zip(asked.questions, run(roots, query), strict=True):
        for row, labels in enumerate(answer.labels):
            cohort = tuple(zip(by, labels, strict=True))
            if cohort in found:
                found[cohort] = (int(answer.groups[row]), *(int(each) for each in answer.sums[:, row]))
    return found


def _cached(asked: _Asked, connection: duckdb.DuckDBPyConnection) -> Counts:
    """Answer by a table of groups with every column ready, made once, and a query for each cohort."""
    attributes = [each.text("column") for by in asked.questions for each in by if each.op == "attribute"]
    stage = _stage(asked.events.relation, list(dict.fromkeys(attributes)), use=True)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stage AS {stage}")
    found: Counts = {}
    for cohort in asked.cohorts:
        held = " AND ".join(f"{_column(column)} = '{label}'" for column, label in cohort)
        row = connection.execute(f"SELECT count(*), {SUMS} FROM stage WHERE {held}").fetchone()
        found[cohort] = tuple(int(each or 0) for each in row or ())
    return found


def _separate(asked: _Asked, cohorts: Sequence[Cohort], query: Callable[[str], list[Any]]) -> Counts:
    """Answer by a query from the events for each cohort, with only what it needs and filtered early."""
    found: Counts = {}
    for cohort in cohorts:
        attributes = [column.text("column") for column, _ in cohort if column.op == "attribute"]
        use = len(attributes) < len(cohort)
        held = " AND ".join(f"{_column(column)} = '{label}'" for column, label in cohort)
        if use:  # a user's sessions have to be counted before any is left out
            statement = (
                f"SELECT count(*), {SUMS} FROM ({_stage(asked.events.relation, attributes, use=True)}) WHERE {held}"
            )
        else:
            statement = f"SELECT count(*), {SUMS} FROM ({_stage(asked.events.relation, [], use=False, where=held)})"
        found[cohort] = tuple(int(each or 0) for each in query(statement)[0])
    return found


SUMS = ", ".join(f"sum(k{i}::INT)" for i in range(len(KPIS)))


def _stage(relation: str, attributes: Sequence[str], *, use: bool, where: str = "true") -> str:
    """Return what a person would write: one row a session."""
    kpis = ", ".join(f"bool_or(event = '{each}') AS k{i}" for i, each in enumerate(KPIS))
    chosen = "".join(f", any_value({each}) AS {each}" for each in attributes)
    user = ", any_value(user_id) AS user_id, min(timestamp) AS began" if use else ""
    sessions = f"SELECT session_id, {kpis}{chosen}{user} FROM {relation} WHERE {where} GROUP BY session_id"
    if not use:
        return sessions
    number = "row_number() OVER (PARTITION BY user_id ORDER BY began, session_id)"
    named = "CASE WHEN n = 1 THEN 'first' WHEN n = 2 THEN 'second' ELSE 'later' END AS use"
    return f"SELECT *, {named} FROM (SELECT *, {number} AS n FROM ({sessions}))"


def _column(column: Node) -> str:
    return column.text("column") if column.op == "attribute" else "use"


def _prepared(asked: _Asked, prepared: Prepared) -> Counts:
    """Answer from prepared events, as the finder itself does."""
    on = Evaluation(prepared)
    weights = [on.series(each).values.astype(np.float64) for each in asked.kpis]
    found: Counts = dict.fromkeys(asked.cohorts, (0,) * (1 + len(asked.kpis)))
    for by in asked.questions:
        columns = [on.column("by", each) for each in by]
        codes = columns[0].codes.astype(np.int64)
        for each in columns[1:]:
            codes = np.where((codes < 0) | (each.codes < 0), -1, codes * len(each.labels) + each.codes)
        size = int(np.prod([len(each.labels) for each in columns]))
        counted = [np.bincount(codes + 1, weights=w, minlength=size + 1)[1:] for w in (None, *weights)]
        for place, labels in enumerate(product(*(each.labels for each in columns))):
            cohort = tuple(zip(by, labels, strict=True))
            if cohort in found:
                found[cohort] = tuple(int(each[place]) for each in counted)
    return found

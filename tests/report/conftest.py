"""A run as the demo leaves it: a slow query after a deploy, one wrong try, then a rollback that helps."""

from __future__ import annotations

import random

import pytest

from telic.model import (
    Action,
    ActionRecord,
    Change,
    Diagnosis,
    Edge,
    Entity,
    Evidence,
    Hypothesis,
    Incident,
    Symptom,
    Tally,
    Topology,
    Truth,
    Undo,
    Window,
)
from telic.model.intent import Objective
from telic.report import LogLine, Moment, RunRecord, Standing, latencies
from telic.telemetry.queries.saturation import Saturation

START = 1_790_000_000
INJECTED, HARM, DETECTED, WRONG, RIGHT, WELL, END = 24.4, 25, 28.1, 29.3, 36.8, 39, 62
RATES = {"F1": 82, "F2": 15, "F3": 15, "F4": 8, "F5": 22, "F6": 5, "F7": 3}
NAMES = {
    "F1": "search_hotels",
    "F2": "search_activities",
    "F3": "reserve",
    "F4": "pay",
    "F5": "read_reviews",
    "F6": "write_review",
    "F7": "manage_user",
}
HURT = {"F1": 0.93, "F2": 0.4, "F3": 0.3}


def topology() -> Topology:
    services = ("gateway", "search", "hotel", "activity", "booking", "payment", "review", "user")
    calls = "gateway>search gateway>booking gateway>review gateway>user search>hotel search>activity search>booking"
    calls += " booking>hotel booking>payment review>booking activity>hotel"
    edges = [Edge(caller, callee) for caller, _, callee in (each.partition(">") for each in calls.split())]
    edges += [Edge(each, "postgres", "uses") for each in services[2:]] + [Edge("search", "valkey", "uses")]
    entities = (*(Entity(each, "service") for each in services), Entity("postgres", "store"), Entity("valkey", "store"))
    return Topology("hotel", entities, tuple(edges))


def traffic() -> tuple[list[Tally], list[tuple[int, str, list[float]]]]:
    rng = random.Random(7)
    tallies, samples = [], []
    for second in range(END):
        for id_, rate in RATES.items():
            total = max(0, round(rng.gauss(rate, rate**0.5)))
            hurt = HURT.get(id_, 0.0) if HARM <= second < WELL else 0.0
            bad = sum(rng.random() < hurt for _ in range(total))
            tallies.append(Tally(START + second, id_, total - bad, bad))
            calm = [rng.lognormvariate(-6.1, 0.5) for _ in range(total - bad)]
            slow = [rng.uniform(0.3, 1.1) for _ in range(bad // 2)]
            samples.append((START + second, id_, calm + slow))
    return tallies, samples


SLOTS = {
    "hotel": 4,
    "search": 64,
    "gateway": 256,
    "booking": 32,
    "activity": 16,
    "review": 16,
    "payment": 16,
    "user": 16,
}


def saturation() -> tuple[Saturation, ...]:
    """Hotel's slots are full while users are harmed, and search fills up behind it."""
    rng, found = random.Random(5), []
    for service, slots in SLOTS.items():
        for second in range(END):
            hurt, share = HARM <= second < WELL, {"hotel": 0.36, "search": 0.04, "gateway": 0.02}.get(service, 0.05)
            if hurt and service in ("hotel", "search"):
                share = 1.0 if service == "hotel" or second > HARM + 4 else 0.6
            share = min(1.0, max(0.0, rng.gauss(share, 0.03))) if share < 1 else 1.0
            waits = (second - HARM) * 9.0 if hurt and service == "hotel" else 0.0
            found.append(
                Saturation(
                    service, START + second, 1.0, slots, share * slots, waits, min(1.0, waits / 60), cpu=share / 4
                )
            )
    return tuple(found)


def diagnosis(time: float, *hypotheses: Hypothesis) -> Diagnosis:
    window = Window(START + 18, START + time)
    evidence = (
        Evidence(
            "E1",
            "The statement hotel.hotels_in_box takes 412 ms at the median since 0:24.6; before, it took 0.6 ms.",
            "SELECT statement, version, count(*) AS calls, median(duration_ns) / 1e6 AS p50_ms\nFROM spans\n"
            "WHERE service = 'hotel' AND statement <> '' AND start_ns >= ? AND start_ns < ?\n"
            "GROUP BY statement, version ORDER BY p50_ms DESC",
            window,
            '[{"statement": "hotel.hotels_in_box", "version": "2", "calls": 71, "p50_ms": 412.7}, '
            '{"statement": "hotel.hotels_in_box", "version": "1", "calls": 1580, "p50_ms": 0.6}]',
            "sha256:4f0f1ad2",
        ),
        Evidence(
            "E2",
            "hotel was deployed (1 to 2) 0.6 s before the first bad second.",
            "changes 0:00 to 0:28",
            window,
            '[{"kind": "deploy", "entity": "hotel", "before": "1", "after": "2"}]',
        ),
        Evidence("E3", "Spans of search waiting for hotel last as long as hotel's own.", "SELECT 1", window, "[]"),
    )
    return Diagnosis(START + time, window, hypotheses, evidence, seconds=0.31)


def incident() -> Incident:
    slow = Hypothesis(
        1,
        "hotel",
        "slow-query",
        0.86,
        ("E1", "E2"),
        path=("hotel", "search", "gateway"),
        why="One statement became 700 times slower with the version just deployed; everything above waits for it.",
    )
    starved = Hypothesis(
        2, "hotel", "cpu-starvation", 0.09, ("E3",), why="Its CPU use is flat, but it is not throttled."
    )
    wrong = ActionRecord(
        "a1",
        "i1",
        Action(
            "set_config", "hotel", {"key": "store.postgres.pool", "value": 6}, "connections of the pool are all busy"
        ),
        "undone",
        START + WRONG - 0.2,
        START + WRONG,
        START + 34.4,
        "store.postgres.pool: 3 -> 6 on hotel (revision 4)",
        Undo(Action("set_config", "hotel", {"key": "store.postgres.pool", "value": 3})),
        ("target exists: yes", "reversible: yes", "first action on hotel within 60 s: yes"),
        "burn rate of O1 61 before, 58 after 5 s: no better",
    )
    right = ActionRecord(
        "a2",
        "i1",
        Action("rollback", "hotel", {"version": "1"}, "version 2 brought the slow statement"),
        "helped",
        START + RIGHT - 0.3,
        START + RIGHT,
        START + 43.0,
        "hotel runs version 2, would run version 1 (deployed 0:00)",
        Undo(Action("rollback", "hotel", {"version": "2"})),
        ("target exists: yes", "reversible: yes", "version 1 was ready before: yes"),
        "burn rate of O1 59 before, 0.4 after 3 s: well",
    )
    symptoms = (Symptom("O1", "gateway", "search_hotels", "latency", START + HARM, START + DETECTED, 61.0, 274, 441),)
    return Incident(
        "i1",
        "hotel",
        START + DETECTED,
        symptoms,
        (diagnosis(28.6, slow, starved), diagnosis(36.2, slow, starved)),
        (wrong, right),
        START + 44.0,
        "resolved",
    )


def make_run() -> RunRecord:
    tallies, samples = traffic()
    return RunRecord(
        system="hotel",
        started=START,
        ended=START + END,
        seed=7,
        topology=topology(),
        command="telic demo --fault bad-deploy-slow-query --seed 7",
        hashes={
            "intent": "sha256:" + "4e1b" * 16,
            "design": "sha256:" + "90ac" * 16,
            "wiring": "sha256:" + "77d0" * 16,
        },
        operations=NAMES,
        objectives=(
            Objective("O1", "gateway", "latency", 0.99, 2419200, 10, "W1", below=0.1),
            Objective("O2", "gateway", "success", 0.999, 2419200, 10, "W1"),
        ),
        tallies=tuple(tallies),
        latencies=latencies(samples),
        truths=(Truth("bad-deploy-slow-query", "hotel", "slow-query", injected=START + INJECTED, change="c2"),),
        incidents=(incident(),),
        changes=(
            Change(
                "c1",
                START + 18.2,
                "config",
                "review",
                "review: settings from last week's review",
                "ines.costa",
                "log.level: INFO -> DEBUG",
            ),
            Change(
                "c2",
                START + 24.6,
                "deploy",
                "hotel",
                "hotel: rework ordering of results as agreed in planning",
                "jonas.berg",
                before="1",
                after="2",
            ),
            Change("c3", START + RIGHT, "deploy", "hotel", "rollback to version 1", "telic", before="2", after="1"),
        ),
        moments=(Moment(START + 0.0, "load", "150 requests/s, mix of workload W1, Poisson arrivals"),),
        standings=(
            Standing("F1", "FULFILLED", "6 tests passed", "U1, U2", "search_hotels"),
            Standing(
                "O1",
                "NOT_FULFILLED",
                "7,911 of 9,240 requests good, 99 % asked for",
                "load record",
                "99 % of requests good and within 100 ms",
            ),
            Standing(
                "O2", "DEGRADED", "9,105 of 9,240 requests good", "load record", "99.9 % of requests answered rightly"
            ),
            Standing("R1", "FULFILLED", "2.2 s after the rollback", "load record", "goodput back to 95 % within 10 s"),
            Standing("T2", "UNVERIFIED", "no such trial in this run", "", "load x 2.5 for 5 s"),
        ),
        logs=(
            LogLine(
                START + 25.4, "search", "ERROR", "hotel did not answer within 1.0 s (timeout), trace 4bf92f3577b34da6"
            ),
            LogLine(START + 25.9, "hotel", "WARNING", "statement hotel.hotels_in_box took 418 ms"),
        ),
        saturation=saturation(),
        timings={"generate": 1.9, "ready": 3.8, "down": 0.4, "whole": 74.2},
        facts={"machine": "2 cores, Linux 6.1, Python 3.11.7", "isolation": "namespace"},
    )


@pytest.fixture
def run() -> RunRecord:
    return make_run()

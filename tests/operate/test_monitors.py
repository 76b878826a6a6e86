"""Monitors notice harm within seconds and leave healthy systems alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from telic.model.intent import Objective
from telic.operate.looks import Count, Look
from telic.operate.monitors import Monitors, Reading

OBJECTIVES = (
    Objective("O1", "gateway", "latency", 0.99, 2_419_200.0, 10.0, "W2", below=0.1),
    Objective("O2", "gateway", "success", 0.999, 2_419_200.0, 10.0, "W2"),
)
MIX = {"search": 0.55, "activities": 0.10, "reviews": 0.15, "write": 0.03, "reserve": 0.10, "pay": 0.05, "user": 0.02}
TICK = 0.5
Bad = Callable[[float, str, random.Random], str]  # what becomes of a request at a time: "", "slow", "error"
START = 1_000_000.0


def looks(
    seconds: float,
    seed: int,
    *,
    bad: Bad = lambda time, operation, rng: "",
    rate: Callable[[float], float] = lambda time: 150.0,
    heard: Callable[[float], bool] = lambda time: True,
) -> Iterator[Look]:
    """Traffic as the store tells it: each half second is known after 0.4 to 1.1 s."""
    rng = random.Random(seed)
    waiting: list[tuple[float, tuple[int, str], Count]] = []
    known: dict[tuple[int, str], Count] = {}
    for step in range(int(seconds / TICK)):
        time = step * TICK
        late = rng.uniform(0.4, 1.1)
        for operation, share in MIX.items():
            count = _poisson(rng, rate(time) * share * TICK)
            fates = [bad(time, operation, rng) for _ in range(count)]
            if count and heard(time):
                cell = Count(count, {"O1": fates.count("slow"), "O2": fates.count("error")})
                waiting.append((time + TICK + late, (int((START + time) / TICK), operation), cell))
        now = time + TICK
        for at, key, cell in [each for each in waiting if each[0] <= now]:
            waiting.remove((at, key, cell))
            known[key] = cell
        recent = {key: cell for key, cell in known.items() if key[0] * TICK > START + now - 6.0}
        yield Look(START + now, recent if heard(time) else {}, START + now - 1.2, heard=heard(time))


def _poisson(rng: random.Random, mean: float) -> int:
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1.0)
    return count


def first(readings: Iterator[Reading], state: str) -> Reading | None:
    return next((each for each in readings if each.state == state), None)


def watch(stream: Iterator[Look]) -> Iterator[Reading]:
    monitors = Monitors(OBJECTIVES, "gateway")
    for look in stream:
        yield monitors.step(look)


def fault(kind: str, operations: tuple[str, ...], share: float = 1.0, begins: float = 20.0) -> Bad:
    def bad(time: float, operation: str, rng: random.Random) -> str:
        return kind if time >= begins and operation in operations and rng.random() < share else ""

    return bad


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("kind", "operations", "share", "within"),
    [
        ("error", ("search", "activities", "reserve"), 1.0, 3.0),
        ("error", ("search",), 0.3, 4.5),
        ("error", ("write",), 1.0, 5.0),
        ("slow", ("search",), 1.0, 3.5),
        ("slow", ("search",), 0.4, 5.0),
        ("slow", ("reviews",), 1.0, 4.0),
    ],
)
def test_harm_is_noticed_within_seconds(
    seed: int, kind: str, operations: tuple[str, ...], share: float, within: float
) -> None:
    found = first(watch(looks(40, seed, bad=fault(kind, operations, share))), "burning")
    assert found is not None
    assert 0.0 <= found.time - START - 20.0 <= within
    symptom = found.symptoms[0]
    assert symptom.operation in operations
    assert symptom.signal == ("errors" if kind == "error" else "latency")
    assert abs(symptom.onset - START - 20.0) <= 1.0
    assert symptom.burn_rate > 5


@pytest.mark.parametrize("seed", range(3))
def test_silence_of_the_whole_entry_is_noticed(seed: int) -> None:
    stream = looks(40, seed, rate=lambda time: 150.0 if time < 25 else 0.0)
    found = first(watch(stream), "burning")
    assert found is not None
    assert found.symptoms[0].signal == "traffic"
    assert 0.0 <= found.time - START - 25.0 <= 4.0


@pytest.mark.parametrize("seed", range(3))
def test_a_receiver_that_is_away_blinds_and_alarms_nobody(seed: int) -> None:
    stream = list(looks(60, seed, heard=lambda time: not 25 <= time < 40))
    states = [each.state for each in watch(iter(stream))]
    assert "burning" not in states
    blind = [look.time - START for look, state in zip(stream, states, strict=True) if state == "blind"]
    assert 27.0 <= blind[0] <= 29.5
    assert blind[-1] <= 41.0


@pytest.mark.parametrize("seed", range(3))
def test_harm_that_comes_slowly_to_few_requests_does_not_become_a_habit(seed: int) -> None:
    bad = fault("error", ("activities",), 0.33, begins=30.0)
    found = first(watch(looks(75, seed, bad=bad, rate=lambda time: 25.0)), "burning")
    assert found is not None
    assert found.symptoms[0].operation == "activities"
    assert found.time - START >= 30.0


@pytest.mark.parametrize("seed", range(2))
def test_ten_noisy_healthy_minutes_alarm_nobody(seed: int) -> None:
    rng = random.Random(f"noise/{seed}")
    stalls = [(at, at + rng.uniform(0.1, 0.9)) for at in (slot + rng.uniform(0, 12) for slot in range(0, 600, 15))]
    deploys = [(at, at + 1.2) for at in range(30, 600, 45)]

    def bad(time: float, operation: str, rng: random.Random) -> str:
        if any(start <= time + rng.random() * TICK < end for start, end in stalls) and rng.random() < 0.7:
            return "slow"
        if any(start <= time < end for start, end in deploys) and operation == "reviews" and rng.random() < 0.5:
            return "slow"
        return "slow" if rng.random() < 0.002 else "error" if rng.random() < 0.0003 else ""

    def rate(time: float) -> float:
        return 150.0 * (1.3 if int(time / 20) % 2 else 0.7)

    alarms = [each for each in watch(looks(600, seed, bad=bad, rate=rate)) if each.state == "burning"]
    assert alarms == []


def test_users_who_come_and_go_at_low_rates_alarm_nobody() -> None:
    stream = looks(120, 1, rate=lambda time: 6.0 if int(time / 10) % 2 else 0.0)
    assert first(watch(stream), "burning") is None


def test_a_system_that_is_broken_from_the_start_is_noticed() -> None:
    found = first(watch(looks(30, 3, bad=fault("error", ("search",), begins=0.0))), "burning")
    assert found is not None
    assert found.time - START <= 6.0


def test_harm_does_not_become_normal_while_an_incident_is_open() -> None:
    monitors = Monitors(OBJECTIVES, "gateway")
    states = []
    for look in looks(120, 5, bad=fault("error", ("search",))):
        states.append(monitors.step(look, frozen=look.time > START + 24).state)
    assert states[-1] == "burning"


@pytest.mark.parametrize("seed", range(3))
def test_what_the_supervisor_tells_makes_monitors_quicker(seed: int) -> None:
    def flickering(time: float, operation: str, rng: random.Random) -> str:
        """A process that is there for a second and away for a second."""
        return "error" if time >= 20 and operation == "search" and int(time) % 2 == 0 else ""

    def noticed(suspect: bool) -> float:
        monitors = Monitors(OBJECTIVES, "gateway")
        for look in looks(60, seed, bad=flickering):
            if monitors.step(look, suspect=suspect and look.time > START + 20).state == "burning":
                return look.time - START - 20
        return 60.0

    assert noticed(True) <= 3.0
    assert noticed(True) < noticed(False) <= 10.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("rate", "share", "within"), [(20.0, 0.15, 60.0), (50.0, 0.08, 60.0), (20.0, 0.3, 30.0)])
def test_mild_harm_to_few_requests_does_not_become_a_habit(seed: int, rate: float, share: float, within: float) -> None:
    bad = fault("error", ("activities",), share, begins=30.0)
    found = first(watch(looks(100, seed, bad=bad, rate=lambda time: rate)), "burning")
    assert found is not None
    assert found.symptoms[0].operation == "activities"
    assert 0.0 <= found.time - START - 30.0 <= within


@pytest.mark.parametrize("seed", range(3))
def test_rare_errors_and_short_bursts_of_them_alarm_nobody(seed: int) -> None:
    def bad(time: float, operation: str, rng: random.Random) -> str:
        """One in two hundred of a rare operation; of another all of half a second in each half minute."""
        if operation == "activities":
            return "error" if rng.random() < 0.005 else ""
        return "error" if operation == "reviews" and time % 30.0 < 0.5 else ""

    assert first(watch(looks(300, seed, bad=bad, rate=lambda time: 25.0)), "burning") is None

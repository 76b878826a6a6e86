"""What the lab's pages show, in small: three actors, one of them trivial, one episode with hostile texts."""

from __future__ import annotations

from telic.model import Tally, Window
from telic.model.estimate import Estimate
from telic.report.lab.record import Board, EpisodeLine, EpisodeView, Group, RunView, Square, Standing, Step, Task

START = 1_790_000_000
TASKS = ("detect", "localise", "explain", "mitigate", "predict", "solved")
NONE = Estimate(None, 0.0, 1.0)
HOSTILE = "</td><script>alert(1)</script>"


def standing(actor: str, share: float, kind: str = "") -> Standing:
    estimate = Estimate(share, share / 2, min(1.0, share + 0.1), round(10 * share), 10)
    numbers = dict.fromkeys(
        ("to_detect", "to_localise", "to_mitigate", "budget_burnt", "harm_by_actor", "interventions", "blast_radius",
         "calls", "tokens", "money"), None,
    ) | {"to_detect": 3.5, "calls": 1234.0, "blast_radius": 0.654}  # fmt: skip
    worlds = {"simulated": 7, "local": 3}
    tasks = dict.fromkeys(TASKS, estimate) | {"explain": NONE}
    return Standing(actor, kind, 10, worlds, 1, 2, estimate, Estimate(0.05, 0.0, 0.2, 1, 20), tasks, numbers)  # type: ignore[arg-type]


def run_view() -> RunView:
    outcomes = {"detect": True, "localise": False, "explain": None, "mitigate": None, "predict": None, "solved": False}
    line = EpisodeLine("hotel-1", "hotel", "process", 1, 2, "telic", "local", "", outcomes, 1, "episodes/hotel-1.html")
    squares = (
        Square("hotel-1", "telic", "local", 3, 2, 0, 2),
        Square("hotel-1", "telic", "simulated", 3, 3, 1, 2),
        Square("hotel-1", "noop", "simulated", 3, 0, 0, 0),
    )
    group = Group("process", "telic", "", dict.fromkeys(TASKS, Estimate(0.5, 0.2, 0.8, 5, 10)), 10)
    return RunView(
        "r1", "Core", "core", START, "0.1", True, 9, 4, ("cut.json: not a record",),
        (standing("telic", 0.9), standing("noop", 0.1, "trivial")), (group,), (group,), (line,), squares,
        Estimate(0.0, 0.0, 0.25, 0, 11), ("a note",),
    )  # fmt: skip


def episode_view() -> EpisodeView:
    users = tuple(Tally(START + second, "F1", 10, 10 if 20 <= second < 25 else 0) for second in range(40))
    phases = {"baseline": Window(START, START + 15), "recovery": Window(START + 30, START + 40)}
    steps = (
        Step(START + 16, "actor", f"logs {HOSTILE} password=hunter2hunter2", "x" * 300, "call"),
        Step(START + 22, "actor", "restart hotel", "", "action"),
        Step(START + 23, "actor", "submit", "", "claim"),
    )
    tasks = (
        Task("detect", True, "right", 3.0),
        Task("localise", False, "search was blamed"),
        Task("explain", None, ""),
    )
    return EpisodeView(
        "e", "hotel-1", "hotel", "telic", "simulated", 1, 1, START + 5, "submitted", phases, users, ("O1: fast",), "",
        tasks, {"Place": HOSTILE}, {"Users": "fine"}, steps, Window(START + 20, START + 25),
        (Step(START + 19, "lab", "hang: hang in hotel", "", "action"),), "hang in hotel.",
        (("it runs", "holds"), ("taken away: review", "fails")), {"intent": "sha256:1"},
    )  # fmt: skip


def board(title: str, *, held_out: bool = False) -> Board:
    return Board(
        title, title, held_out, ("r1", "r2"), (standing("telic", 0.9), standing("oracle", 1.0, "knows the truth"))
    )

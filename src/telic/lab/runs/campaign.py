"""How far a run is, scenario by scenario and actor by actor, live and simulated told apart."""

from __future__ import annotations

from collections.abc import Iterable

from telic.lab.runs.folder import Run, cell_of
from telic.lab.runs.graded import Graded
from telic.report.lab.record import Square


def campaign(run: Run, found: Iterable[Graded]) -> list[Square]:
    """Return every square of the plan, in the plan's order; records that are not of the plan are left out."""
    done = {cell_of(each.episode): each for each in found}
    squares: dict[tuple[str, str, str], list[Graded | None]] = {}
    for cell in run.cells:
        squares.setdefault((cell.scenario, cell.actor, cell.world), []).append(done.get(cell))
    return [
        Square(
            scenario,
            actor,
            world,
            planned=len(cells),
            done=sum(each is not None for each in cells),
            void=sum(each is not None and bool(each.grades.void) for each in cells),
            solved=sum(each is not None and each.grades.solved is True for each in cells),
        )
        for (scenario, actor, world), cells in squares.items()
    ]

"""The loads of a run: the usual one and whatever is sent besides, all of one mix."""

from __future__ import annotations

from telic.worlds.load.shapes import Shape
from telic.worlds.queueing.run import Run

USUAL = ""  # the name of the usual load


class Loads:
    """What users send to a run, by name; each load has its own beginning."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sent: dict[str, tuple[float, Shape, float]] = {}

    def begin(self, name: str, rate: float, shape: Shape | None = None) -> None:
        """Send `rate` [requests/s] times the factor of `shape` from now on."""
        self._sent[name] = (rate, shape or Shape("constant", lambda at: 1.0, 1.0), self._run.now)
        self._send()

    def end(self, name: str) -> None:
        """Send a load no more."""
        if self._sent.pop(name, None):
            self._send()

    def _send(self) -> None:
        loads, now = list(self._sent.values()), self._run.now
        if all(shape.text == "constant" for _, shape, _ in loads):
            self._run.load(sum(rate for rate, _, _ in loads))
            return

        def factor(at: float) -> float:
            return sum(rate * shape.factor(now + at - began) for rate, shape, began in loads)

        peak = sum(rate * shape.peak for rate, shape, _ in loads)
        self._run.load(1.0, Shape("several", factor, peak))

"""What sources behind an HTTP address have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from telic.telemetry.sources.card import Answer, Question, Signal
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.rows import Rows, collect, no_such_signal
from telic.telemetry.sources.visit import Visit

Asking = Callable[[Visit, Question], Rows]


class Remote:
    """A source behind an HTTP address.

    Parameters
    ----------
    place
        The address, and what opens it.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def where(self) -> str:
        """The address, without secrets."""
        return self._place.shown

    def _ask(self, question: Question, askers: Mapping[Signal, Asking]) -> Answer:
        """Run the function of the signal and take its rows until a limit is reached."""
        asker = askers.get(question.signal)
        if asker is None:
            raise no_such_signal(self._place.kind, question.signal, askers)
        with Visit(self._place, question.limit) as visit:
            table, cut = collect(question, asker(visit, question))
            return Answer(table, tuple(dict.fromkeys((*visit.cut, *cut))), tuple(visit.queries), visit.bytes)

"""The same question again whenever there are new events, and what changed since the last answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from telic.errors import NotEnoughData, SourceFailed, TelicError, UsageError
from telic.opportunities.ask import Ask, Progress, unheard
from telic.opportunities.compare import Comparison, compare
from telic.opportunities.find import find
from telic.opportunities.read import open_source
from telic.opportunities.record import Run

Wait = Callable[[], bool]
"""Waits for the next look; False ends the watch."""
Told = Callable[[TelicError | OSError], None]
"""Is told why a look saw nothing."""


@dataclass(frozen=True)
class Seen:
    """One look that had something new.

    Parameters
    ----------
    changes
        Since the look before; None at the first.
    """

    look: int
    run: Run
    changes: Comparison | None


def _untold(_: TelicError | OSError) -> None:
    """Tell nobody."""


def watch(
    ask: Ask, wait: Wait, *, before: Run | None = None, progress: Progress = unheard, failed: Told = _untold
) -> Iterator[Seen]:
    """Yield a run for every look at which the source has other events than before.

    Events that were prepared before are kept; a folder's new files are added to them.

    Parameters
    ----------
    wait
        Is called after every look.
    before
        An earlier run to compare the first look with.
    failed
        Is told why a later look could not see the source.

    Raises
    ------
    UsageError
        The question cannot be asked, at the first look; later looks wait for a source that is being written.
    """
    last, key, look = before, "", 0
    while True:
        try:
            now = open_source(ask.source).key()
            run = find(ask, progress=progress) if now != key else None
        except (UsageError, NotEnoughData, SourceFailed, OSError) as error:
            if look == 0:
                raise
            failed(error)  # half written, or down: the next look may see it whole
            run = None
        if run is not None:
            key, look = now, look + 1
            yield Seen(look, run, compare(last, run) if last is not None else None)
            last = run
        if not wait():
            return

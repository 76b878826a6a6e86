"""Starts what a system consists of, each part supervised; a failure names the process and its last words."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from telic.errors import StoreFailed, WorldError
from telic.worlds.local.backoff import Backoff
from telic.worlds.local.certificates import issue_due
from telic.worlds.local.supervised import Start, Supervised
from telic.worlds.local.system import System

PART_WITHIN = 15.0  # a store, the receiver, the proxy, the fork server [s]


async def keep_part(
    system: System,
    name: str,
    start: Start,
    ready: Callable[[], Awaitable[bool]],
    *,
    stop_signal: int = signal.SIGTERM,
) -> None:
    """Keep a part running and wait until it is ready.

    Raises
    ------
    StoreFailed, WorldError
        It did not get ready.
    """
    kept = system.parts[name] = Supervised(
        name,
        start=start,
        probe=ready,
        clock=system.clock,
        on_event=lambda event, reason: system.events.record(event, service=name, entity=name, reason=reason),
        backoff=Backoff(first=0.1, longest=5.0),
        grace=0.7,
        stop_signal=stop_signal,
    )
    kept.run()
    if not await kept.wait_ready(PART_WITHIN):
        raise _not_ready(system, kept, StoreFailed if name in system.design.stores else WorldError)


async def start_services(system: System) -> None:
    """Start every service and wait until all are ready.

    Raises
    ------
    WorldError
        One did not get ready.
    """
    issue_due(system.authority, system.design.services, system.clock.time())
    for each in system.desired.services.values():
        system.write_configuration(each)
        system.services[each.name] = system.keep_running(each)
    system.save()
    ready = await asyncio.gather(*(each.wait_ready(PART_WITHIN) for each in system.services.values()))
    for fine, kept in zip(ready, system.services.values(), strict=True):
        if not fine:
            raise _not_ready(system, kept, WorldError)


def _not_ready(system: System, process: Supervised, kind: type[WorldError]) -> WorldError:
    words = system.last_words(process.name, 12) or "it printed nothing"
    how = process.last_exit or "no answer in time"
    return kind(f"{process.name} did not get ready ({how}): {words}", hint=f"see {system.layout.log(process.name)}")

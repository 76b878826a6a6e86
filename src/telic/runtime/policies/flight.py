"""Single flight: many who ask the same at the same time share one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs one load per key; whoever comes meanwhile waits for it.

    A leader that is cancelled does not take the others along: one of them leads next.
    """

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[T | None]] = {}

    async def do(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """Return ``await load()``, shared with everybody who asks for `key` meanwhile."""
        while (flight := self._flights.get(key)) is not None:
            await asyncio.wait((flight,))
            if not flight.cancelled():
                return flight.result()  # type: ignore[return-value]
        return await self._lead(key, load)

    async def _lead(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await load()
            flight.set_result(answer)
            return answer
        except asyncio.CancelledError:
            flight.cancel()
            raise
        except Exception as error:
            flight.set_exception(error)
            flight.exception()  # marks it as seen, should nobody wait
            raise
        finally:
            del self._flights[key]

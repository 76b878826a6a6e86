"""What tests ask of the simulated database."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from telic.runtime.failures import DependencyFailed

Kit = Any  # of conftest.py
HOTEL = "hotel-000001"
CELLS = [1]
MS = 1_000_000


async def failed(work: Any) -> str:
    with pytest.raises(DependencyFailed) as refused:
        await work
    assert refused.value.peer == "postgres"
    return refused.value.error_type


async def together(*work: Any) -> list[Any]:
    return list(await asyncio.gather(*work, return_exceptions=True))


def booking(kit: Kit, key: str, rooms: int = 1) -> Any:
    messages = kit.messages("booking")
    days = messages.DateRange(start=date(2027, 3, 1), end=date(2027, 3, 3))
    return messages.Booking(
        booking_id=key, user="user-000001", hotel=HOTEL, days=days, rooms=rooms, state="held", amount=100
    )


def reserve(kit: Kit, store: Any, key: str, *, rooms: int = 1) -> Any:
    return store.reserve(booking(kit, key, rooms), limit=2, held_until=1e10, request_key=key)

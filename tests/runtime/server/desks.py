"""A service with a server's chain around it, in virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from telic.clock import VirtualClock
from telic.runtime import Application, Operation, RequestContext
from telic.runtime.policies.admission import Admission
from telic.runtime.server import Request, Response, Shell
from telic.runtime.server.shell import Chain
from telic.runtime.tokens import HmacTokens
from telic.runtime.wiring import NodePolicy


class Place(msgspec.Struct):
    lat: float
    lon: float


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    km: float
    at: Place | None = None


class Told(msgspec.Struct):
    km: float
    who: str = ""


class Desk:
    """A service for tests; `act` is what its handlers do."""

    def __init__(self, recorder: Any, policy: NodePolicy | None = None, slots: int = 8) -> None:
        self.clock, self.recorder = VirtualClock(start=1000.0), recorder
        self.tokens = HmacTokens(b"key", self.clock)
        self.calls = 0
        self.act: Callable[[Ask, RequestContext], Any] = lambda ask, context: Told(ask.km, context.subject)
        self.chain = Chain(Admission(policy or NodePolicy(), self.clock, slots=slots))
        operations = (
            Operation("near", Ask, Told, self.handle, read=True, errors=("not_found",)),
            Operation("mine", Ask, Told, self.handle, auth=True, read=True),
            Operation("hold", Ask, Told, self.handle, mutating=True, errors=("sold_out",)),
        )
        self.shell = Shell(
            Application("desk", operations),
            self.chain,
            clock=self.clock,
            tokens=self.tokens,
            recorder=recorder,
            log=logging.getLogger("desk"),
        )

    async def handle(self, ask: Ask, context: RequestContext) -> Told:
        self.calls += 1
        told = self.act(ask, context)
        if asyncio.iscoroutine(told):
            told = await told
        if isinstance(told, Exception):
            raise told
        assert isinstance(told, Told)
        return told

    async def ask(self, path: str = "/near", body: bytes = b'{"km":2}', **headers: str) -> Response:
        named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        return await self.shell.handle(Request("POST", path, "", named, body))

    def run(self, *requests: Any) -> list[Response]:
        async def all_of_them() -> list[Response]:
            return list(await asyncio.gather(*(asyncio.ensure_future(each) for each in requests)))

        return asyncio.run(self.clock.run(all_of_them()))

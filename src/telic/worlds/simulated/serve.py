"""A simulated world as a process: the sockets, protocols and pace of a local one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import msgspec

from telic.errors import StoreFailed, TelicError, UsageError, WorldError
from telic.model import Scalar
from telic.runtime.server.messages import Request, Response, error
from telic.runtime.server.protocol import Connections
from telic.telemetry.wire import ErrorReply, QueryReply, QueryRequest
from telic.worlds.local import control
from telic.worlds.local.control import Method
from telic.worlds.local.lifetime import Lifetime
from telic.worlds.local.reconcile import read_design
from telic.worlds.local.spec import Spec
from telic.worlds.simulated import harm_socket
from telic.worlds.simulated import start as simulated
from telic.worlds.simulated.harm import SimulatedHarm
from telic.worlds.simulated.pace import Pacer
from telic.worlds.simulated.world import SimulatedWorld

ALIVE = 0.5  # between two looks at the thread of virtual time [s]


def run(spec: Spec, pid: int) -> None:
    """Run one world to its end; `pid` is what the host calls this process."""
    asyncio.run(_live(spec, pid))


async def _live(spec: Spec, pid: int) -> None:
    await _World(spec, pid).live()


class _World(Lifetime):
    _world: SimulatedWorld
    _pacer: Pacer | None = None

    async def bring_up(self) -> None:
        spec, layout = self.spec, self.spec.layout
        design = read_design(Path(spec.design_folder))
        start = time.time()
        about = {"isolation": spec.isolation, "url": spec.url, "otlp": "", "started": start}
        self._world = world = await asyncio.to_thread(
            simulated.up,
            design,
            layout.state,
            fresh=False,
            wall=start,
            about=about,
            end=self.ending.set,
            announce=self.announce,
        )
        self.tell({"step": f"{len(design.services)} simulated services are ready"})
        self._pacer = pacer = Pacer(world.loop)
        pacer.start()
        self._servers = [
            await control.serve(layout.control, {name: self._control(each) for name, each in world.methods.items()}),
            await control.serve(layout.harm, harm_socket.methods(SimulatedHarm(world), pacer)),
            await self._listen_unix(layout.telemetry),
            await asyncio.get_running_loop().create_server(
                Connections(self._enter), sock=socket.socket(fileno=spec.gateway_fd), backlog=1024
            ),
        ]
        self.started = start

    async def run_on(self) -> None:
        assert self._pacer is not None
        while not self.ending.is_set():
            if self._pacer.failure is not None:
                raise WorldError(f"virtual time ended: {self._pacer.failure}", hint="see supervisor.log")
            try:
                await asyncio.wait_for(self.ending.wait(), ALIVE)
            except TimeoutError:
                continue

    async def bring_down(self) -> None:
        for each in getattr(self, "_servers", ()):
            each.close()
        if self._pacer is not None:
            await asyncio.to_thread(self._pacer.stop)
        self.spec.layout.telemetry.unlink(missing_ok=True)
        self.spec.layout.harm.unlink(missing_ok=True)

    def design_folder(self) -> str:
        return str(self._world.design_folder())

    def _control(self, method: Method) -> Method:
        async def call(params: Mapping[str, object]) -> object:
            assert self._pacer is not None
            return await self._pacer.do(lambda: method(params))  # type: ignore[arg-type,return-value]

        return call

    async def _enter(self, request: Request) -> Response:
        assert self._pacer is not None
        return await self._pacer.do(lambda: self._world.system.enter(request))

    async def _listen_unix(self, path: Path) -> asyncio.Server:
        path.unlink(missing_ok=True)
        server = await asyncio.get_running_loop().create_unix_server(Connections(self._answer), path)
        path.chmod(0o600)
        return server

    async def _answer(self, request: Request) -> Response:
        """Answer what is asked of the telemetry."""
        if request.path == "/-/ready":
            return Response(200, b'{"ready":true}')
        if request.path != "/query" or self._pacer is None:
            return _refused(404, f"no {request.path} here", "a simulated world answers POST /query")
        try:
            asked = msgspec.json.decode(request.body, type=QueryRequest)
            params = cast("list[Scalar]", asked.params)
            rows = await self._pacer.call(
                lambda: self._world.store().query(asked.sql, params, limit=asked.limit, timeout=asked.timeout)
            )
        except (msgspec.DecodeError, msgspec.ValidationError, UsageError) as wrong:
            return _refused(400, str(wrong), getattr(wrong, "hint", ""))
        except StoreFailed as failed:
            return _refused(503, str(failed), failed.hint)
        except TelicError as failed:
            return error(500, type(failed).__name__, str(failed))
        columns = list(rows[0]) if rows else []
        reply = QueryReply(columns, [list(row.values()) for row in rows])
        return Response(200, msgspec.json.encode(reply))


def _refused(status: int, message: str, hint: str) -> Response:
    return Response(status, msgspec.json.encode(ErrorReply(message, hint)))

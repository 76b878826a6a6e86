"""What every supervisor does: comes up, says so to its launcher, and ends in good order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping

from telic.errors import TelicError, WorldError
from telic.worlds.local import control
from telic.worlds.local.layout import write_atomically
from telic.worlds.local.spec import KEEP, Spec


class Lifetime(ABC):
    """One world from its start to its end.

    Parameters
    ----------
    pid
        What the host calls this process.
    """

    def __init__(self, spec: Spec, pid: int) -> None:
        self.spec, self.ending, self.started = spec, asyncio.Event(), 0.0
        self._pid, self._ready = pid, False
        self._launcher = socket.socket(fileno=spec.talk_fd)

    @abstractmethod
    async def bring_up(self) -> None:
        """Start everything; return when it is ready."""

    @abstractmethod
    async def run_on(self) -> None:
        """Run until `ending` is set."""

    @abstractmethod
    async def bring_down(self) -> None:
        """End everything that was started, however far that came."""

    @abstractmethod
    def design_folder(self) -> str:
        """Return the folder of the design that runs."""

    async def live(self) -> None:
        """Live until told to end, or until whoever started us has gone without having said that we are to stay."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.ending.set)
        up = asyncio.create_task(self._up_and_on())
        orphaned = asyncio.create_task(self._watch_launcher())
        ending = asyncio.create_task(self.ending.wait())
        await asyncio.wait([up, orphaned, ending], return_when=asyncio.FIRST_COMPLETED)
        if orphaned.done() and not up.done():
            if not self._ready:
                return  # whoever started us has gone before we were ready: the end of this process ends everything
            self.ending.set()
        if not up.done() and not self._ready:
            up.cancel()
        for each in (orphaned, ending):
            each.cancel()
        await up

    def announce(self) -> None:
        """Write what is up."""
        write_atomically(self.spec.layout.system_file, json.dumps(self._about(), indent=1).encode())

    def tell(self, message: Mapping[str, object]) -> None:
        """Tell whoever started us; once it has gone, `live` decides what that means."""
        try:
            self._launcher.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return

    async def _up_and_on(self) -> None:
        layout = self.spec.layout
        try:
            await self.bring_up()
            self.announce()
            self._ready = True
            self.tell({"ready": self._about()})
            await self.run_on()
        except TelicError as error:
            self.tell({"failed": control.described(error)})
        except asyncio.CancelledError:
            ended = WorldError(f"{self.spec.system} was taken down while it started", hint="start it with `telic up`")
            self.tell({"failed": control.described(ended)})
        finally:
            layout.system_file.unlink(missing_ok=True)
            await self.bring_down()
            layout.control.unlink(missing_ok=True)

    def _about(self) -> Mapping[str, object]:
        spec = self.spec
        return {
            "system": spec.system,
            "pid": self._pid,
            "isolation": spec.isolation,
            "url": spec.url,
            "otlp": spec.otlp,
            "design": self.design_folder(),
            "started": self.started,
        }

    async def _watch_launcher(self) -> None:
        """Return when whoever started us has gone without having said that we are to stay."""
        self._launcher.setblocking(False)
        while True:
            said = await asyncio.get_running_loop().sock_recv(self._launcher, 64)
            if KEEP.strip() in said:
                await asyncio.Event().wait()
            if not said:
                return

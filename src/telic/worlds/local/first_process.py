"""The first process of a world: begun, and heard until the world is ready."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from telic.errors import TelicError, WorldError
from telic.worlds.local import control
from telic.worlds.local.layout import log_tail
from telic.worlds.local.processes import python
from telic.worlds.local.spec import SIMULATED, Spec

READY_WITHIN = 60.0  # [s]; 2-3 s measured on 2 cores
_BOOTS: Mapping[str, str] = {
    SIMULATED: "telic.worlds.simulated.boot"
}  # modules that become the first process of a world


@dataclass
class Start:
    """One start under way, as seen from the command that waits for it."""

    spec: Spec
    talk: socket.socket
    keeper: int = 0

    def wait(self, on_step: Callable[[str], None]) -> None:
        """Pass progress on until the world is ready; raise what made it fail."""
        deadline = time.monotonic() + READY_WITHIN
        for message in self._messages(deadline):
            if "keeper" in message:
                self.keeper = int(str(message["keeper"]))
            elif "step" in message:
                on_step(str(message["step"]))
            elif "failed" in message:
                raise _failure(message["failed"])
            elif "ready" in message:
                self.talk.settimeout(None)
                return
        log = self.spec.layout.log("supervisor")
        raise WorldError(f"the supervisor ended while it started: {log_tail(log, 6)}", hint=f"see {log}")

    def abandon(self) -> None:
        """Kill whatever was started; the kernel ends the whole namespace with its first process."""
        if self.keeper:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.keeper, signal.SIGKILL)
        self.talk.close()

    def _messages(self, deadline: float) -> Iterator[Mapping[str, object]]:
        rest = b""
        while True:
            self.talk.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.talk.recv(65_536)
            except TimeoutError as error:
                raise WorldError(
                    f"{self.spec.system} is not ready after {READY_WITHIN:g} s",
                    hint=f"see {self.spec.layout.state / 'log'}",
                ) from error
            except ConnectionError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from (json.loads(line) for line in lines)


def begin(spec: Spec) -> None:
    """Start it in a session of its own, with an empty log; the logs of the run before are kept beside."""
    log = spec.layout.log("supervisor")
    previous = log.parent.with_name("log.previous")
    shutil.rmtree(previous, ignore_errors=True)
    log.parent.rename(previous)
    log.parent.mkdir()
    fds = (spec.gateway_fd, spec.otlp_fd, spec.lock_fd, spec.talk_fd)
    with log.open("ab") as output:
        subprocess.run(
            python(_BOOTS.get(spec.isolation, "telic.worlds.local.boot"), spec.dump()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=fds,
            start_new_session=True,
            check=False,
        )


def _failure(found: object) -> TelicError:
    return control.rebuilt(found) if isinstance(found, dict) else WorldError(str(found))

"""A way from this machine to a port of a service's pods: a listener whose connections the API carries there."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from telic.errors import TelicError
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.names import selector
from telic.worlds.kubernetes.observed import instance
from telic.worlds.kubernetes.pods import Manifest

ONCE = 65_536  # that is read at once [bytes]
FRESH = 0.5  # for so long it is not asked again which pods are ready [s]


class Tunnel:
    """Carries connections until it is closed; its threads end with this process.

    Each new connection goes to a pod that is ready then; where none is, it is closed at once.

    Parameters
    ----------
    part, name
        Labels of the pods: what they are part of, and their name.
    port
        Of the pods.
    at
        A unix socket that only this user may open; a free port of the loopback device where none is given.
    """

    def __init__(self, api: Api, part: str, name: str, port: int, *, at: Path | None = None) -> None:
        self._api, self._chosen, self._port = api, selector(part, name), port
        self._ready: tuple[float, list[str]] = (-FRESH, [])
        self._turn, self._open = 0, True
        self._listener = socket.socket(socket.AF_INET if at is None else socket.AF_UNIX, socket.SOCK_STREAM)
        if at is None:
            self._listener.bind(("127.0.0.1", 0))
        else:
            self._listener.bind(str(at))
            at.chmod(0o600)
        self._listener.listen(128)
        threading.Thread(target=self._accept, name=f"tunnel to {name}", daemon=True).start()

    @property
    def port(self) -> int:
        """Of the listener, on the loopback device."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Take no more connections."""
        self._open = False
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = self._api.dial(self._pod(), self._port)
        except (TelicError, OSError, IndexError):
            near.close()
            return
        threading.Thread(target=_pump, args=(far, near), daemon=True).start()
        _pump(near, far)

    def _pod(self) -> str:
        """Return a pod that is ready; IndexError where none is."""
        asked, ready = self._ready
        if not ready or time.monotonic() - asked > FRESH:
            ready = [str(each["metadata"]["name"]) for each in self._api.list("Pod", self._chosen) if _serves(each)]
            self._ready = (time.monotonic(), ready)
        self._turn += 1
        return ready[self._turn % max(1, len(ready))]


def _serves(pod: Manifest) -> bool:
    return instance(pod).phase == "ready"


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way until either end closes; then close both, since a forwarded port knows no half."""
    with suppress(OSError):
        while data := source.recv(ONCE):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            each.close()

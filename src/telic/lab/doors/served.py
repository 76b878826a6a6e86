"""An application served on the loopback device by a thread of this process, for as long as a block lasts."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from telic.lab.doors.bearer import Application
from telic.lab.doors.extra import need
from telic.lab.doors.gate import Gate, Limits
from telic.lab.session.session import Session

LOOPBACK: Final = "127.0.0.1"
CONNECTIONS: Final = 64  # open at a time; more are answered 503 [1]


@dataclass(frozen=True)
class Served:
    """Where a session is served, and the word that opens it."""

    url: str
    token: str
    gate: Gate


@contextmanager
def serving(
    session: Session,
    make: Callable[[Gate, str], Application],
    *,
    path: str = "",
    port: int = 0,
    limits: Limits | None = None,
) -> Iterator[Served]:
    """Serve what `make` returns for a gate and a token, until the block is left.

    Parameters
    ----------
    session
        Is called from the server's threads; one that lives on a thread of its own is put behind a `Desk`.
    port
        On the loopback device; 0 takes a free one.

    Raises
    ------
    UsageError
        The extra ``lab`` is not installed.
    """
    uvicorn = need("uvicorn")
    gate, token = Gate(session, limits), secrets.token_urlsafe(24)
    config = uvicorn.Config(
        make(gate, token),
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server((LOOPBACK, port)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="door", daemon=True)
        thread.start()
        try:
            yield Served(f"http://{LOOPBACK}:{listener.getsockname()[1]}{path}", token, gate)
        finally:
            server.should_exit = True
            thread.join()
            gate.settle()

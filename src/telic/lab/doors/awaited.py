"""An actor who comes by itself: each session gets an address, and is worked through by whoever knows its token."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from telic.errors import UsageError
from telic.lab.doors import mcp
from telic.lab.doors.desk import Desk
from telic.lab.doors.gate import Limits
from telic.lab.doors.http.serve import serve
from telic.lab.doors.served import LOOPBACK, Served
from telic.lab.session.session import Session


@dataclass
class Awaited:
    """Serves a session on the loopback device and carries out what comes, until it is over or nobody calls any more.

    On virtual time nothing passes while nobody calls; a live system runs on.

    Parameters
    ----------
    tell
        Called with the address and the token of each session, as soon as it is open.
    door
        ``http``, or ``mcp`` for an endpoint of the Model Context Protocol.
    port
        On the loopback device; 0 takes a free one for each session.
    patience
        Without a call for so long nobody comes any more [s of the machine's clock].
    """

    tell: Callable[[Served], None]
    door: Literal["http", "mcp"] = "http"
    port: int = 0
    patience: float = 600.0
    limits: Limits | None = None
    why: str = ""  # how the last session ended: over, silent

    def run(self, session: Session) -> None:
        """Serve the session and carry out what is called."""
        desk = Desk(self.patience)
        desk.open(session)
        made = serve if self.door == "http" else mcp.serve
        with made(desk, port=self.port, limits=self.limits) as served:
            self.tell(served)
            desk.run(session)
        self.why = desk.why


def require_free(port: int) -> None:
    """Refuse a port on the loopback device that cannot be taken; 0 always can.

    Raises
    ------
    UsageError
        Somebody else listens there, or this user may not.
    """
    try:
        socket.create_server((LOOPBACK, port)).close()
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"port {port} cannot be taken: {error}", hint="another --port (1024 to 65535); without one, each is free"
        ) from error

"""Serves a session over HTTP."""

from __future__ import annotations

from contextlib import AbstractContextManager

from telic.lab.doors.bearer import Application
from telic.lab.doors.extra import need
from telic.lab.doors.gate import Gate, Limits
from telic.lab.doors.served import Served, serving
from telic.lab.session.session import Session


def serve(session: Session, *, port: int = 0, limits: Limits | None = None) -> AbstractContextManager[Served]:
    """Serve `session` on the loopback device until the block is left (`telic.lab.doors.served.serving`)."""
    return serving(session, _application, port=port, limits=limits)


def _application(gate: Gate, token: str) -> Application:
    need("fastapi")
    from telic.lab.doors.http.app import application

    return application(gate, token)

"""The only way in for whoever operates in the lab, and the record of what happened."""

from __future__ import annotations

from telic.lab.session.record import Called, Cited, Claims, Condition, Cost, Episode, Noted, Post, read, write
from telic.lab.session.session import Brief, Promise, Session, ToolCard, ToolResult

__all__ = [
    "Brief",
    "Called",
    "Cited",
    "Claims",
    "Condition",
    "Cost",
    "Episode",
    "Noted",
    "Post",
    "Promise",
    "Session",
    "ToolCard",
    "ToolResult",
    "read",
    "write",
]

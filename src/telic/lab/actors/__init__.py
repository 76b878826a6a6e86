"""Built-in actors: what everybody is compared with, and those that a suite must not be fooled by."""

from __future__ import annotations

from telic.lab.actors.actor import Actor, Trusted, actor, work
from telic.registry import load_siblings

load_siblings(__name__)

__all__ = ["Actor", "Trusted", "actor", "work"]

"""Events prepared once: clustered by group, in total order, encoded, kept in a folder of their own."""

from __future__ import annotations

from telic.opportunities.store.memory import load

__all__ = ["load"]

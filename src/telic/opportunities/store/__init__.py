"""Events prepared once: clustered by group, in total order, encoded, kept in a folder of their own."""

from __future__ import annotations

from telic.opportunities.store.memory import load
from telic.opportunities.store.prepare import extend, prepare
from telic.opportunities.store.prepare import open_folder as open

__all__ = ["extend", "load", "open", "prepare"]

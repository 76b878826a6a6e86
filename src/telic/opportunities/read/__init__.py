"""Events of others: where they lie, what their columns mean, and rows in pieces."""

from __future__ import annotations

from telic.opportunities.read.columns import Columns, columns
from telic.opportunities.read.opening import open_source
from telic.opportunities.read.source import Source

__all__ = ["Columns", "Source", "columns", "open_source"]

"""What to ask: from the schema, from what earlier runs found, and from a prompt to a language model."""

from __future__ import annotations

from telic.opportunities.generate.bandit import Memory, choose, memory
from telic.opportunities.generate.chosen import Chosen
from telic.opportunities.generate.regions import region, sizes

__all__ = ["Chosen", "Memory", "choose", "memory", "region", "sizes"]

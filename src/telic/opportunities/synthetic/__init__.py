"""Seeded event data with known truth: planted patterns, confounded decoys, and outcomes that depend on neither."""

from __future__ import annotations

from telic.opportunities.synthetic.generate import Synthetic, Truth, generate
from telic.opportunities.synthetic.recipe import Decoy, Growing, Lifecycle, Recipe, Sequence
from telic.opportunities.synthetic.table import table

__all__ = ["Decoy", "Growing", "Lifecycle", "Recipe", "Sequence", "Synthetic", "Truth", "generate", "table"]

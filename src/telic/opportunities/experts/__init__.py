"""Experts: each looks at one association in its own way and says a figure or a word."""

from __future__ import annotations

from telic.opportunities.experts.case import Case, Expert, expert
from telic.registry import load_siblings

load_siblings(__name__)

__all__ = ["Case", "Expert", "expert"]

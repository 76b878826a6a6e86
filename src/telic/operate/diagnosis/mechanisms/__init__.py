"""The mechanisms: one file each, found by name; every one reads the same findings."""

from __future__ import annotations

from telic.operate.diagnosis.proposal import mechanism
from telic.registry import load_siblings

load_siblings(__name__)

__all__ = ["mechanism"]

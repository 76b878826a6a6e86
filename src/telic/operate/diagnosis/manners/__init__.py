"""How a mechanism does its harm: the narrower cause within the one that was found."""

from __future__ import annotations

from telic.operate.diagnosis.manners.weighing import Narrowed, narrowed

__all__ = ["Narrowed", "narrowed"]

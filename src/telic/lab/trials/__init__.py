"""Trials: what an intent must survive, or must still profit from, run on a live or on a simulated world."""

from telic.lab.trials.plan import Planned, Timing, plan
from telic.lab.trials.run import run

__all__ = ["Planned", "Timing", "plan", "run"]

"""Metrics: robust baselines with seasonality, and how surprising each sample is, in nats."""

from telic.context.metrics.bank import Bank
from telic.context.metrics.cleaning import Cleaned, Feed, Tally, clean
from telic.context.metrics.configuration import FROZEN, Configuration
from telic.context.metrics.episodes import Episodes
from telic.context.metrics.joint import Joint
from telic.context.metrics.onsets import Onset, change_points, locate
from telic.context.metrics.watch import Alarm, Watch

__all__ = [
    "FROZEN",
    "Alarm",
    "Bank",
    "Cleaned",
    "Configuration",
    "Episodes",
    "Feed",
    "Joint",
    "Onset",
    "Tally",
    "Watch",
    "change_points",
    "clean",
    "locate",
]

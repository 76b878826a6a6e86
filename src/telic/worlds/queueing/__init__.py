"""A compiled queueing model of a design with its wiring, for hundreds to thousands of services (extra ``model``)."""

from telic.worlds.queueing import compiled as compiled  # first: it says what to do where the extra is absent
from telic.worlds.queueing.compiler import compile
from telic.worlds.queueing.costs import Costs, statement_costs
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.result import Result
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.simulation import simulate
from telic.worlds.queueing.state import ModelTooLarge
from telic.worlds.queueing.storm import Storm, storm
from telic.worlds.queueing.telemetry import telemetry
from telic.worlds.queueing.topology import Synthetic, topology
from telic.worlds.queueing.trigger import Trigger, trigger_of

__all__ = [
    "Costs",
    "ModelTooLarge",
    "Plan",
    "Result",
    "Run",
    "Storm",
    "Synthetic",
    "Trigger",
    "compile",
    "simulate",
    "statement_costs",
    "storm",
    "telemetry",
    "topology",
    "trigger_of",
]

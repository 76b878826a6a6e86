"""Which change, or none, explains what telemetry shows."""

from telic.operate.diagnosis.culprit.rank import rank
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict, Reason

__all__ = ["ChangeVerdict", "Reason", "rank"]

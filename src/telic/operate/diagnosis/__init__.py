"""From telemetry, state and changes to ranked causes with evidence."""

from telic.operate.diagnosis.collect import Collector
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.mechanisms import mechanism
from telic.operate.diagnosis.ranking import diagnose

__all__ = ["Collector", "Findings", "diagnose", "mechanism"]

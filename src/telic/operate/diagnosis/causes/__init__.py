"""Causes from telemetry alone: what flows, what breaks, what is used up, what was changed."""

from telic.context.seen import Seen
from telic.operate.diagnosis.causes.answer import answer
from telic.operate.diagnosis.causes.cause import MECHANISMS, Cause, Reason
from telic.operate.diagnosis.causes.engine import diagnose_recording, gather, look
from telic.operate.diagnosis.causes.ranking import rank

__all__ = ["MECHANISMS", "Cause", "Reason", "Seen", "answer", "diagnose_recording", "gather", "look", "rank"]

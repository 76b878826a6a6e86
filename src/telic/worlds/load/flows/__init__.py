"""What users do, one file a verb of the intent: the requests they send and how their answers are checked."""

from telic.worlds.load.flows.desk import Desk, Flow, open_desk

__all__ = ["Desk", "Flow", "open_desk"]

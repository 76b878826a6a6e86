"""Open-loop traffic: what users of a system do, whether it answers or not, and what they got."""

from telic.worlds.load.process import LoadProcess, start
from telic.worlds.load.record import Record, Summary, follow, read

__all__ = ["LoadProcess", "Record", "Summary", "follow", "read", "start"]

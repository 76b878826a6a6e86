"""What happened in a run: one self-contained HTML file, its JSON, its Markdown summary, and a table for terminals."""

from telic.report.files import write
from telic.report.record import Latency, LogLine, Moment, RunRecord, Standing, latencies
from telic.report.table import table

__all__ = ["Latency", "LogLine", "Moment", "RunRecord", "Standing", "latencies", "table", "write"]

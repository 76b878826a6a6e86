"""Traces, metrics and logs of one service process: tuples on the hot path, OTLP from one thread."""

from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status

__all__ = ["Kind", "Recorder", "SpanShape", "Status"]

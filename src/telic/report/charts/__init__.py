"""Charts as inline SVG: no script, no network, colours by the page's style, every text escaped."""

from telic.report.charts.latency import latency_chart
from telic.report.charts.level import level_chart
from telic.report.charts.marks import Mark
from telic.report.charts.requests import requests_chart
from telic.report.charts.slots import slots_chart
from telic.report.charts.topology import Blame, topology_chart

__all__ = ["Blame", "Mark", "latency_chart", "level_chart", "requests_chart", "slots_chart", "topology_chart"]

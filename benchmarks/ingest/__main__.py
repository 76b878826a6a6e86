"""Telemetry ingest from socket to file: rates per second of CPU, bytes, freshness, and questions meanwhile."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.ingest.hotel import hotel
from benchmarks.ingest.rates import GOALS, rates
from benchmarks.ingest.reading import reading
from benchmarks.ingest.receiving import receiver
from benchmarks.result import Metric, arguments, write

PARTS = ("rates", "reading", "hotel")


def main() -> None:
    """Run all parts and write the result; a quick run sends everything but the hotel's to one receiver."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--spans", type=int, default=0, help="how many spans are asked about, to try the full run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="run these parts alone")
    options = parser.parse_args()
    metrics: dict[str, Metric] = {}
    peers: dict[str, object] = {}
    with ExitStack() as stack:
        running = stack.enter_context(receiver(compiled=True)) if options.quick else None
        if "rates" in options.only:
            peers = rates(options.quick, metrics, running)
        if "reading" in options.only:
            measured = metrics.get("spans_per_core_s")
            per_core_s = (measured.value if measured else None) or GOALS["spans"]
            reading(options.quick, per_core_s, metrics, count=options.spans, running=running)
    if "hotel" in options.only:
        hotel(options.quick, metrics)
    write(options.json, "ingest", metrics, peers)


if __name__ == "__main__":
    main()

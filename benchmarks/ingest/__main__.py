"""Telemetry ingest from socket to file: rates per second of CPU, bytes, freshness, and questions meanwhile."""

from __future__ import annotations

from benchmarks.ingest.hotel import hotel
from benchmarks.ingest.rates import rates
from benchmarks.ingest.reading import reading
from benchmarks.result import Metric, arguments, write


def main() -> None:
    """Run all parts and write the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--spans", type=int, default=0, help="how many spans are asked about, to try the full run")
    options = parser.parse_args()
    metrics: dict[str, Metric] = {}
    peers = rates(options.quick, metrics)
    reading(options.quick, metrics["spans_per_core_s"].value or 0.0, metrics, count=options.spans)
    hotel(options.quick, metrics)
    write(options.json, "ingest", metrics, peers)


if __name__ == "__main__":
    main()

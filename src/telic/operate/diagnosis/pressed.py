"""Services to which more calls come than users ask for: somebody above them asks more often than before."""

from __future__ import annotations

from collections.abc import Mapping

from telic.operate.diagnosis.findings import Findings

MORE_CALLS = 1.25  # of the calls before [1]
MORE_LOAD = 1.25  # of what users asked for before [1]; a storm of retries is no load


def growth(findings: Findings, service: str) -> float | None:
    """Return how many times as many requests come to `service` as before; None where it is not known."""
    if findings.baseline is None:
        return None
    before, now = findings.baseline.rate(service), findings.current.rate(service)
    return now / before if before > 0 and now > 0 else None


def pressed(findings: Findings) -> Mapping[str, float]:
    """Return by service how many times as many calls come to it as before, although users ask for no more."""
    storm = findings.storm
    if storm is None or storm.load is None or storm.surely >= MORE_LOAD:
        return {}
    grown = {service: growth(findings, service) for service in findings.state.services}
    return {service: by for service, by in grown.items() if by is not None and by >= MORE_CALLS}

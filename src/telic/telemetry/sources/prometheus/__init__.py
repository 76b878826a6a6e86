"""Prometheus and what speaks its API: metrics, alerts that fired, calls that a mesh counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.prometheus import alerts, edges, metrics
from telic.telemetry.sources.prometheus.labels import INSTANCE, SERVICE, Labels
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Rows
from telic.telemetry.sources.visit import Visit


@source("prometheus", example={"url": "http://127.0.0.1:9090"})
class Prometheus(Remote):
    """Metrics of a Prometheus server, or of Thanos, Mimir, Cortex or VictoriaMetrics, which speak its API.

    Counters come as increases between two scrapes, resets undone; buckets with ``le`` as histograms; what else there is
    as gauges; scrape times are kept. Where the rows would be more than the limit, longer steps are asked for, then the
    metrics with the most series are left out, and the answer says which. Alerts are the series ``ALERTS``. Calls
    between services are those that Tempo's service graphs or Istio counted.

    Parameters
    ----------
    url
        Base URL, with the path prefix if there is one.
    headers
        Sent with every request: a token, or a tenant (``X-Scope-OrgID``).
    service, instance
        Labels that name the service and its instance: the first one that a series has counts.
    step
        The scrape interval, or shorter [s].
    ca_file, client_file
        Certificates in PEM.

    Source: https://prometheus.io/docs/prometheus/latest/querying/api/
    """

    offers: ClassVar[tuple[Signal, ...]] = ("metrics", "alerts", "edges")
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "names")

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: Sequence[str] = SERVICE,
        instance: Sequence[str] = INSTANCE,
        step: float = 15.0,
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("prometheus", url, headers, ca_file=ca_file, client_file=client_file))
        self._labels = Labels(tuple(service), tuple(instance))
        self._step = max(0.001, step)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is PromQL that gives an instant vector."""
        return self._ask(question, {"metrics": self._metrics, "alerts": self._alerts, "edges": edges.rows})

    def _metrics(self, visit: Visit, question: Question) -> Rows:
        return metrics.rows(visit, question, self._labels, self._step)

    def _alerts(self, visit: Visit, question: Question) -> Rows:
        return alerts.rows(visit, question, self._labels)

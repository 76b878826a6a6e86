"""Alertmanager: alerts that it holds, and those that it sends to a webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from telic.errors import UsageError
from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.conventions import severity
from telic.telemetry.sources.log_events import FIRING, RESOLVED, STARTED
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.prometheus.labels import INSTANCE, SERVICE, Labels, quoted, regex
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Row, Rows, text_of
from telic.telemetry.sources.secrets import one_line
from telic.telemetry.sources.times import LATEST, ns_of
from telic.telemetry.sources.visit import Visit

WORDS = ("summary", "description", "message")  # annotations that say what is wrong
Texts = dict[str, str]


class Alert(msgspec.Struct):
    """One alert, as the API and the webhook have it."""

    labels: Texts
    startsAt: str
    endsAt: str = ""
    annotations: Texts = {}
    status: object = ""
    fingerprint: str = ""
    generatorURL: str = ""


class Notification(msgspec.Struct):
    """What Alertmanager posts to a webhook, version 4."""

    version: Literal["4"]
    alerts: list[Alert]
    status: str = ""
    receiver: str = ""
    groupKey: str = ""
    truncatedAlerts: int = 0
    externalURL: str = ""


@source("alertmanager", example={"url": "http://127.0.0.1:9093"})
class Alertmanager(Remote):
    """Alerts that an Alertmanager (0.16 and later, or Grafana's) holds now: firing, silenced and inhibited ones.

    It keeps no history: what was resolved is gone after minutes. Prometheus knows what fired before (its series
    ``ALERTS``); alerts that should be kept are sent as they fire, by a webhook to ``POST /v1/alerts`` of the receiver.

    Parameters
    ----------
    url
        Base URL, with the path prefix if there is one.
    headers
        Sent with every request, such as a token.
    service
        Labels that name the service: the first one that an alert has counts.
    ca_file, client_file
        Certificates in PEM.

    Source: https://prometheus.io/docs/alerting/latest/management_api/ and its openapi.yaml (API v2)
    """

    offers: ClassVar[tuple[Signal, ...]] = ("alerts",)
    pushes: ClassVar[tuple[Filter, ...]] = ("names",)

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: Sequence[str] = SERVICE,
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("alertmanager", url, headers, ca_file=ca_file, client_file=client_file))
        self._labels = Labels(tuple(service), INSTANCE)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is a matcher, such as ``severity="page"``."""
        return self._ask(question, {"alerts": self._alerts})

    def _alerts(self, visit: Visit, question: Question) -> Rows:
        params = [(name, "true") for name in ("active", "silenced", "inhibited")]
        if question.query:
            params.append(("filter", question.query))
        elif question.names:
            params.append(("filter", f"alertname=~{quoted(regex(question.names))}"))
        for alert in visit.get("/api/v2/alerts", params, list[Alert]):
            if row := row_of(alert, self._labels):
                yield row


def row_of(alert: Alert, labels: Labels) -> Row | None:
    """Return an alert as a row; None for one without a time."""
    try:
        begun = ns_of(alert.startsAt)
    except ValueError:
        return None
    state = alert.status.get("state", "") if isinstance(alert.status, dict) else alert.status
    said = {f"annotation.{name}": value for name, value in alert.annotations.items()}
    more = {"status": state, "fingerprint": alert.fingerprint, "generator": alert.generatorURL}
    return {
        "time_ns": begun,
        "end_ns": _ended(alert.endsAt),
        "name": alert.labels.get("alertname", ""),
        "entity": labels.entity(alert.labels),
        "severity": alert.labels.get("severity", ""),
        "text": next((alert.annotations[name] for name in WORDS if alert.annotations.get(name)), ""),
        "attributes": text_of({**more, **said, **alert.labels}),
    }


def export_of(body: bytes) -> bytes:
    """Turn a webhook's notification into an OTLP export of logs: one record an alert.

    Its event name is ``alert.firing`` or ``alert.resolved``, its time that at which it began or ended; one that ended
    says in ``startsAt`` when it began.

    Raises
    ------
    UsageError
        `body` is no notification of version 4.
    """
    try:
        notification = msgspec.json.decode(body, type=Notification)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"not a notification of Alertmanager: {one_line(str(error))}", hint="a webhook of version 4 is understood"
        ) from error
    labels, export = Labels(), ExportLogsServiceRequest()
    for alert in notification.alerts:
        row = row_of(alert, labels)
        if row is not None and 0 <= int(str(row["time_ns"])) <= LATEST:
            resolved = "resolved" in (alert.status, alert.status or notification.status)
            _record(export, row, labels.instance_of(alert.labels), began=alert.startsAt if resolved else "")
    return export.SerializeToString()


def _record(export: ExportLogsServiceRequest, row: Row, instance: str, *, began: str) -> None:
    """Add one record; all that the alert says stays in its attributes. `began` is said of one that was resolved."""
    of_resource = export.resource_logs.add()
    for key, value in (("service.name", row["entity"]), ("service.instance.id", instance)):
        if value:
            of_resource.resource.attributes.add(key=key).value.string_value = str(value)
    of_scope = of_resource.scope_logs.add()
    of_scope.scope.name = "alertmanager"
    level, number = severity(row["severity"])
    record = of_scope.log_records.add(
        time_unix_nano=int(str((row["end_ns"] if began else 0) or row["time_ns"])),
        severity_text=level if number else "WARN",
        severity_number=number or 13,
        event_name=RESOLVED if began else FIRING,
    )
    record.body.string_value = f"{row['name']}: {row['text']}" if row["text"] else str(row["name"])
    kept = msgspec.json.decode(str(row["attributes"]), type=dict[str, str])
    for key, said in (kept | ({STARTED: began} if began else {})).items():
        record.attributes.add(key=key).value.string_value = said


def _ended(text: str) -> int:
    try:
        return max(0, ns_of(text)) if text else 0
    except ValueError:
        return 0

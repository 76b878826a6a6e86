"""Sends spans as OTLP/JSON to where the environment says, twice a second; an OpenTelemetry SDK does this for you."""

import json
import os
import threading
import time
import urllib.request
from contextlib import contextmanager

SERVER, CLIENT, ERROR = 2, 3, 2  # of opentelemetry.proto.trace.v1
_here = threading.local()
_spans: list[dict] = []


@contextmanager
def span(name, kind, traceparent="", **attributes):
    """Record one span; yields what the caller may add attributes to. A client's header is `header(said)`."""
    above = traceparent.split("-") if traceparent else getattr(_here, "at", ["00", os.urandom(16).hex(), ""])
    said = {"trace": above[1], "id": os.urandom(8).hex(), "status": 0, **attributes}
    before, _here.at = getattr(_here, "at", None), ["00", said["trace"], said["id"]]
    start = time.time_ns()
    try:
        yield said
    except Exception as error:
        said["error.type"] = type(getattr(error, "reason", error)).__name__
        raise
    finally:
        if before:
            _here.at = before
        else:
            del _here.at
        failed = "error.type" in said or said["status"] >= 500
        values = {key: value for key, value in said.items() if "." in key}
        if said["status"]:
            values["http.response.status_code"] = said["status"]
        _spans.append(
            {
                "traceId": said["trace"], "spanId": said["id"], "parentSpanId": above[2], "name": name, "kind": kind,
                "startTimeUnixNano": str(start), "endTimeUnixNano": str(time.time_ns()),
                "attributes": [_pair(key, value) for key, value in values.items()],
                "status": {"code": ERROR} if failed else {},
            }
        )  # fmt: skip


def header(said):
    """Return the W3C header that carries the trace on."""
    return {"traceparent": f"00-{said['trace']}-{said['id']}-01"}


def _pair(key, value):
    return {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


def _send_forever():
    url = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318") + "/v1/traces"
    resource = {"attributes": [_pair("service.name", os.environ.get("OTEL_SERVICE_NAME", "unknown"))]}
    while True:
        time.sleep(0.5)
        batch, _spans[:] = _spans[:], []
        if batch:
            body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": batch}]}]}
            request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
            try:
                urllib.request.urlopen(request, timeout=2).close()
            except OSError as error:
                print(f"telemetry is lost: {error}", flush=True)


threading.Thread(target=_send_forever, daemon=True).start()

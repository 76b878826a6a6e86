"""One operation as the shell serves it: decoding, encoding, and the spans of its outcomes."""

from __future__ import annotations

from typing import Any

import msgspec

from telic.runtime.application import Operation
from telic.runtime.failures import Malformed
from telic.runtime.server.query import list_fields, parse_query
from telic.runtime.telemetry.metrics import Metrics
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status

_ENCODER = msgspec.json.Encoder()
encode = _ENCODER.encode


class Route:
    """An operation with what is prepared once for all its requests."""

    def __init__(self, operation: Operation[Any, Any], metrics: Metrics) -> None:
        self.operation, self.handler = operation, operation.handler
        self._metrics = metrics
        self._decoder = msgspec.json.Decoder(operation.request)
        self._lists = list_fields(operation.request)
        self._shapes: dict[tuple[str, int, str, str], SpanShape] = {}

    def decode(self, body: bytes) -> Any:
        """Return the request that `body` holds."""
        try:
            return self._decoder.decode(body or b"{}")
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise Malformed(f"no {self.operation.name} request: {error}", hint="see /-/openapi.json") from error

    def decode_query(self, query: str) -> Any:
        """Return the request that a query string holds."""
        try:
            return msgspec.convert(parse_query(query, self._lists), self.operation.request, strict=False)
        except msgspec.ValidationError as error:
            raise Malformed(f"no {self.operation.name} request: {error}", hint="see /-/openapi.json") from error

    def shape(self, method: str, status: int, error_type: str, business_error: str) -> SpanShape:
        """Return the span shape of an outcome."""
        key = (method, status, error_type, business_error)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = server_shape(self.operation.name, *key, metrics=self._metrics)
        return found


def server_shape(
    name: str, method: str, status: int, error_type: str, business_error: str, *, metrics: Metrics
) -> SpanShape:
    """Return the shape of a server span; only what the server is to blame for is an error."""
    route = f"/{name}"
    attributes = {
        "http.request.method": method,
        "url.path": route,
        "http.route": route,
        "http.response.status_code": status,
        "error.type": error_type or None,
        "telic.business_error": business_error or None,
    }
    labels: dict[str, str | int] = {"http.route": route, "http.response.status_code": status}
    if error_type:
        labels["error.type"] = error_type
    return SpanShape(
        name,
        Kind.SERVER,
        attributes,
        status=Status.ERROR if status >= 500 or status == 429 else Status.UNSET,
        series=metrics.series("http.server.request.duration", labels),
    )

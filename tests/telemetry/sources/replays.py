"""Servers that answer from recorded data as their documentation says, and refuse what it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.telemetry.sources.serving import Handler, Reply, Request, Wrong, decoded, reply

from telic.telemetry.sources.times import ns_of

RECORDED = Path(__file__).parent / "recorded"


@cache
def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def need(condition: object, what: str) -> None:
    if not condition:
        raise Wrong(what)


def whole(request: Request, name: str, digits: int) -> int:
    value = request.one(name)
    need(re.fullmatch(rf"\d{{{digits}}}", value), f"{name}={value!r} has not {digits} digits")
    return int(value)


# Prometheus: https://prometheus.io/docs/prometheus/latest/querying/api/

_SELECTOR = re.compile(r"(\w*)\{(.*)\}$", re.S)
_MATCHER = re.compile(r'\s*(\w+)(=~|!~|=)"((?:[^"\\]|\\.)*)"\s*,?')


def _selected(selector: str) -> list[Any]:
    found = _SELECTOR.match(selector)
    need(found, f"no selector: {selector}")
    assert found is not None
    name, inner = found.groups()
    need(_MATCHER.sub("", inner) == "", f"no matchers: {inner}")
    wanted = [("__name__", "=", name)] if name else []
    wanted += [(key, how, json.loads(f'"{value}"')) for key, how, value in _MATCHER.findall(inner)]
    need(any(value and how != "!~" for _, how, value in wanted), "at least one matcher must not be empty")

    def matches(labels: dict[str, str]) -> bool:
        return all(
            (re.fullmatch(value, labels.get(key, "")) is None) == (how == "!~")
            if how != "="
            else labels.get(key, "") == value
            for key, how, value in wanted
        )

    return [each for each in recorded("prometheus")["series"] if matches(each["metric"])]


def _instant(query: str, at: float) -> Any:
    if found := re.fullmatch(r"(.+)\[(\d+)s\]", query, re.S):
        since = at - int(found[2])
        result = [
            {"metric": each["metric"], "values": [v for v in each["values"] if since <= v[0] <= at]}
            for each in _selected(found[1])
        ]
        return {"resultType": "matrix", "result": [each for each in result if each["values"]]}
    if found := re.fullmatch(r"count by \(__name__\) \((.+)\)", query, re.S):
        counts: dict[str, int] = {}
        for each in _selected(found[1]):
            if any(at - 300 < time <= at for time, _ in each["values"]):
                counts[each["metric"]["__name__"]] = counts.get(each["metric"]["__name__"], 0) + 1
        vector = [{"metric": {"__name__": name}, "value": [at, str(n)]} for name, n in counts.items()]
        return {"resultType": "vector", "result": vector}
    if query.startswith("sum by (client,server) (increase(traces_service_graph_request_total["):
        vector = [{"metric": {"client": "cart", "server": "orders"}, "value": [at, "600"]}]
        return {"resultType": "vector", "result": vector}
    need(query.startswith("sum by (source_workload,destination_workload) ("), f"not recorded: {query}")
    return {"resultType": "vector", "result": []}


def _ranged(query: str, start: float, end: float, step: float) -> Any:
    first, last_ms, every = (round(each * 1000) for each in (start, end, step))  # as Prometheus counts
    times = [ms / 1000 for ms in range(first, last_ms + 1, every)]
    need(len(times) <= 11_000, "exceeded maximum resolution of 11,000 points")
    result = []
    for each in _selected(query):
        last = [[t, next((v for time, v in reversed(each["values"]) if t - 300 < time <= t), None)] for t in times]
        result.append({"metric": each["metric"], "values": [one for one in last if one[1] is not None]})
    return {"resultType": "matrix", "result": [each for each in result if each["values"]]}


def prometheus(request: Request) -> Reply:
    path = request.path.removeprefix("/api/v1/")
    if path == "query":
        data: Any = _instant(request.one("query"), float(request.one("time")))
    elif path == "query_range":
        data = _ranged(request.one("query"), *(float(request.one(each)) for each in ("start", "end", "step")))
    elif path == "metadata":
        data = recorded("prometheus")["metadata"]
    else:
        start, end = float(request.one("start")), float(request.one("end"))
        chosen = [one for each in request.all("match[]") for one in _selected(each)]
        alive = [
            each["metric"]
            for each in (chosen if request.all("match[]") else recorded("prometheus")["series"])
            if any(start <= time <= end for time, _ in each["values"])
        ]
        names = {"labels": {key for each in alive for key in each}}
        names["label/__name__/values"] = {each["__name__"] for each in alive}
        need(path in names, f"no {request.path}")
        data = sorted(names[path])
    return reply({"status": "success", "data": data})


# Loki: https://grafana.com/docs/loki/latest/reference/loki-http-api/


def loki(request: Request) -> Reply:
    start, end = whole(request, "start", 19), whole(request, "end", 19)
    if request.path == "/loki/api/v1/labels":
        return reply({"status": "success", "data": recorded("loki")["labels"]})
    need(request.path == "/loki/api/v1/query_range", f"no {request.path}")
    need(request.one("direction") == "forward", "forward is wanted")
    limit = int(request.one("limit"))
    need(0 < limit <= 5000, "max entries limit per query exceeded, limit > max_entries_limit (5000)")
    query, _, contains = request.one("query").partition(" |= ")
    inner = query.strip()[1:-1]
    need(_MATCHER.sub("", inner) == "", f"parse error: {query}")
    wanted = _MATCHER.findall(inner)
    need(any(value and value != ".*" for _, _, value in wanted), "at least one matcher that is not empty")
    lines = []
    for number, stream in enumerate(recorded("loki")["streams"]):
        labels = stream["stream"]
        if all(
            re.fullmatch(value, labels.get(key, "")) if how == "=~" else labels.get(key, "") == value
            for key, how, value in wanted
        ):
            text = json.loads(contains) if contains else ""
            lines += [(int(v[0]), number, v) for v in stream["values"] if start <= int(v[0]) < end and text in v[1]]
    found: dict[int, list[Any]] = {}
    for _, number, value in sorted(lines, key=lambda one: one[0])[:limit]:
        found.setdefault(number, []).append(value)
    streams = [{"stream": recorded("loki")["streams"][number]["stream"], "values": v} for number, v in found.items()]
    return reply({"status": "success", "data": {"resultType": "streams", "result": streams, "stats": {}}})


# Jaeger: https://www.jaegertracing.io/docs/latest/architecture/apis/


def jaeger(request: Request) -> Reply:
    data = recorded("jaeger")
    if request.path == "/api/services":
        return reply({"data": data["services"], "total": 3, "limit": 0, "offset": 0, "errors": None})
    if request.path == "/api/dependencies":
        whole(request, "endTs", 13)
        need(int(request.one("lookback")) > 0, "lookback in ms")
        return reply({"data": data["dependencies"], "total": 0, "limit": 0, "offset": 0, "errors": None})
    need(request.path == "/api/traces", f"no {request.path}")
    start, end, limit = whole(request, "start", 16), whole(request, "end", 16), int(request.one("limit"))
    need(0 < limit <= 1500, "limit")
    service = request.one("service")
    need(service, "parameter 'service' is required")
    found = [
        trace
        for trace in data["traces"]
        if any(each["serviceName"] == service for each in trace["processes"].values())
        and start <= trace["spans"][0]["startTime"] < end
    ]
    newest = sorted(found, key=lambda each: -each["spans"][0]["startTime"])[:limit]
    return reply({"data": newest, "total": 0, "limit": 0, "offset": 0, "errors": None})


# Tempo: https://grafana.com/docs/tempo/latest/api_docs/


def tempo(request: Request) -> Reply:
    if request.path == "/api/search":
        start, end, limit = whole(request, "start", 10), whole(request, "end", 10), int(request.one("limit"))
        need(start < end, "http parameter start must be before end")
        query = request.one("q")
        parsed = re.fullmatch(
            r'\{\s*(?:resource\.service\.name =~ "((?:[^"\\]|\\.)*)")?(?: && )?(?:name =~ "([^"]*)")?\s*\}', query
        )
        need(parsed, f"parse error: {query}")
        assert parsed is not None
        service, name = (json.loads(f'"{each}"') if each else ".*" for each in parsed.groups())
        found = [
            {"traceID": each["traceID"], "rootServiceName": "gateway", "durationMs": 52}
            for each in recorded("tempo")
            if start <= each["start"] < end
            and any(re.fullmatch(service, one) for one in each["services"])
            and any(re.fullmatch(name, one) for one in each["names"])
        ]
        return reply({"traces": found[:limit], "metrics": {"totalBlocks": 3}})
    trace = request.path.removeprefix("/api/traces/")
    for each in recorded("tempo"):
        if each["traceID"] == trace:
            return reply(each["trace"])
    return reply("trace not found", 404)


# Elasticsearch: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search


def elasticsearch(request: Request) -> Reply:
    need(request.method == "POST" and request.path == "/logs-*,filebeat-*,logstash-*/_search", request.path)
    body = decoded(request.body)
    need(0 < body["size"] <= 10_000, "Result window is too large")
    filters = body["query"]["bool"]["filter"]
    times = filters[0]["range"]["@timestamp"]
    start, end = ns_of(times["gte"]), ns_of(times["lt"])
    terms = [each for one in filters[1:] for each in one.get("bool", {}).get("should", [])]
    services = next((each["terms"]["service.name"] for each in terms if "service.name" in each["terms"]), None)
    text = next((one["multi_match"]["query"] for one in filters[1:] if "multi_match" in one), "")
    found = [
        hit
        for hit in recorded("elasticsearch")
        if start <= ns_of(hit["_source"]["@timestamp"]) < end
        and (services is None or hit["_source"]["service"]["name"] in services)
        and text in hit["_source"]["message"]
    ]
    found.sort(key=lambda hit: str(hit["_source"]["@timestamp"]))
    hits = {"total": {"value": len(found), "relation": "eq"}, "max_score": None, "hits": found[: body["size"]]}
    shards = {"total": 3, "successful": 3, "skipped": 0, "failed": 0}
    return reply({"took": 4, "timed_out": False, "_shards": shards, "hits": hits})


# Alertmanager: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (recorded from a real one)


def alertmanager(request: Request) -> Reply:
    need(request.path == "/api/v2/alerts", f"no {request.path}")
    need(all(request.one(each) in ("true", "false") for each in ("active", "silenced", "inhibited")), "states")
    found = recorded("alertmanager")
    for each in request.all("filter"):
        matcher = re.fullmatch(r'(\w+)=~"(.*)"', each)
        need(matcher, f"bad matcher {each}")
        assert matcher is not None
        found = [alert for alert in found if re.fullmatch(matcher[2], alert["labels"].get(matcher[1], ""))]
    return reply(found)


# Kubernetes: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks

LISTS = {"/api/v1/events": "events", "/apis/apps/v1/replicasets": "replicasets", "/api/v1/pods": "pods"}


def kubernetes(request: Request) -> Reply:
    need(request.path in LISTS, f"the server could not find the requested resource: {request.path}")
    need(request.one("limit") == "500", "lists are read in pages")
    items = recorded("kubernetes")[LISTS[request.path]]
    first = int(request.one("continue", "0"))
    page = items[first : first + 1]  # a page an object: paging itself is tried
    following = str(first + 1) if first + 1 < len(items) else ""
    return reply({"kind": "List", "apiVersion": "v1", "metadata": {"continue": following}, "items": page})


# ClickHouse: https://clickhouse.com/docs/interfaces/http (recorded from its engine)

_SELECT = re.compile(
    r"SELECT (?P<columns>.+) FROM telic\.(?P<table>\w+) AS t WHERE t\.(?P<time>\w+) >= (?P<start>\d{19}) AND t\.\w+ < "
    r"(?P<end>\d{19})(?: AND t\.service IN \((?P<services>.*?)\))?(?: AND t\.name IN \((?P<names>.*?)\))?"
    r"(?: AND position\(t\.body, '(?P<contains>.*)'\) > 0)?(?: AND \(?t\.event_name IN \((?P<events>.*?)\)(?: OR .+)?)?"
    r" ORDER BY .+ LIMIT (?P<limit>\d+)$"
)
_ONCE = re.compile(r"\(SELECT DISTINCT .+ FROM (telic\.logs AS t WHERE .+)\) AS t")


def clickhouse(request: Request) -> Reply:
    need(request.method == "GET" and request.path == "/", "a GET changes nothing")
    need(request.one("default_format") == "JSONCompact", "format")
    found = _SELECT.match(_ONCE.sub(r"\1", request.one("query")))
    need(found, f"Syntax error: {request.one('query')}")
    assert found is not None
    data = recorded("clickhouse")[found["table"]]
    names = [re.sub(r"toString\((\w+)\)", r"\1", each["name"]) for each in data["meta"]]
    need(re.sub(r"toString\(t\.(\w+)\)|t\.(\w+)", r"\1\2", found["columns"]) == ", ".join(names), "unknown column")

    def matches(row: list[Any]) -> bool:
        said = dict(zip(names, row, strict=True))
        listed = {"service": found["services"], "name": found["names"], "event_name": found["events"]}
        return (
            int(found["start"]) <= int(said[found["time"]]) < int(found["end"])
            and all(texts is None or f"'{said[name]}'" in texts.split(", ") for name, texts in listed.items())
            and (found["contains"] or "") in said.get("body", "")
        )

    rows = [row for row in data["data"] if matches(row)][: int(found["limit"])]
    return reply({"meta": data["meta"], "data": rows, "rows": len(rows)})


# An API of one's own


def http(request: Request) -> Reply:
    need(request.path == "/api/deploys", f"no {request.path}")
    start, end = ns_of(request.one("from")), ns_of(request.one("until"))
    wanted = request.one("service").split(",") if request.one("service") else []
    found = [
        each
        for each in recorded("http")
        if start <= ns_of(each["created_at"]) < end and (not wanted or each["service"]["name"] in wanted)
    ]
    first = int(request.one("cursor", "0"))
    following = str(first + 2) if first + 2 < len(found) else None
    return reply({"data": {"items": found[first : first + 2], "cursor": following}})


REPLAYS: dict[str, Handler] = {
    each.__name__: each
    for each in (prometheus, loki, jaeger, tempo, elasticsearch, alertmanager, kubernetes, clickhouse, http)
}
Replay = Callable[[Request], Reply]

"""What a constant is, by the words around it, and which trouble it makes when it falls or rises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Subject:
    """One kind of constant.

    Parameters
    ----------
    name
        For people: ``"time limit"``.
    words
        How names say it: a pattern over the words of the line, joined by underscores.
    down, up
        Kinds of trouble to how readily a smaller, a larger value makes them [1].
    too_low, too_high
        What to call it when it is the cause.
    """

    name: str
    words: re.Pattern[str]
    down: Mapping[str, float] = field(default_factory=dict)
    up: Mapping[str, float] = field(default_factory=dict)
    too_low: str = ""
    too_high: str = ""


def _subject(name: str, pattern: str, down: Mapping[str, float], up: Mapping[str, float]) -> Subject:
    return Subject(name, re.compile(pattern), down, up, f"{name} too small", f"{name} too large")


SUBJECTS: tuple[Subject, ...] = (
    _subject("idle time", r"idle|keep_?alive|health_?check|heartbeat|max_lifetime|conn_lifetime|liveness|readiness|probe|grace|drain|shutdown",
             {"connect": 0.3, "backlog": 0.3, "crash": 0.3}, {"connect": 0.25, "leak": 0.2}),
    _subject("retry count", r"retr(y|ies)(_\w+)*_(max|count|limit|attempts|times)|max_(retr|attempt)|attempts|retries|\bretry\b",
             {"errors": 0.3, "connect": 0.2}, {"calls": 0.9, "limit": 0.5, "latency": 0.5, "deadline": 0.4, "pool": 0.3, "cpu": 0.3, "backlog": 0.4}),
    _subject("pause between tries", r"back_?off|retry_(delay|interval|wait|after)|jitter|cool_?down",
             {"calls": 0.9, "limit": 0.6, "cpu": 0.4, "latency": 0.3}, {"latency": 0.6, "backlog": 0.4}),
    _subject("memory limit", r"memory|mem_|heap|xmx|max_?ram|max_old_space",
             {"memory": 1.0, "crash": 0.7, "latency": 0.3}, {"memory": 0.4}),
    _subject("CPU limit", r"(^|_)cpus?(_|$)|gomaxprocs|millicores",
             {"cpu": 1.0, "latency": 0.7, "deadline": 0.4, "crash": 0.2}, {"cpu": 0.2}),
    _subject("disk limit", r"disk|storage|volume|retention|log_(max|size|rotat|keep)|rotat",
             {"disk": 0.9, "missing": 0.1, "limit": 0.4}, {"disk": 0.9}),
    _subject("time to live", r"ttl|expir|max_age|valid(ity)?_|lifetime|lease|freshness|stale",
             {"cache": 0.9, "query": 0.7, "calls": 0.7, "auth": 0.7, "latency": 0.4, "lock": 0.3, "race": 0.3}, {"cache": 0.8, "value": 0.5, "memory": 0.4, "auth": 0.3, "lock": 0.3}),
    _subject("connection or thread pool", r"pool|max_?(open_?|idle_?)?conn|connections?_(max|limit)|max_?connections|threads?|workers?|concurren|parallel|semaphore|slots|permits|executor|goroutines|in_?flight|prefetch|poolsize|max_open",
             {"pool": 1.0, "latency": 0.5, "deadline": 0.5, "backlog": 0.5, "limit": 0.3}, {"pool": 0.6, "cpu": 0.5, "memory": 0.5, "calls": 0.4, "limit": 0.4, "query": 0.4, "lock": 0.3, "leak": 0.3}),
    _subject("time limit", r"time_?out|deadline|with_?timeout|budget|max_wait|wait_time|time_?limit|slo|read_?timeout|abort_after|context_with",
             {"deadline": 1.0, "errors": 0.4, "connect": 0.2, "calls": 0.3, "latency": 0.1, "query": 0.15}, {"pool": 0.6, "latency": 0.7, "backlog": 0.4, "leak": 0.3, "lock": 0.3, "deadline": 0.15}),
    _subject("rate or quota", r"rate_?limit|limiter|rps|qps|quota|throttl|per_(second|minute|hour|sec|min)|burst|bucket|capacity|\brate\b|wcu|rcu|provisioned|circuit|breaker|trip",
             {"limit": 1.0, "errors": 0.4, "backlog": 0.3, "connect": 0.3}, {"cpu": 0.5, "limit": 0.4, "calls": 0.5, "latency": 0.3, "pool": 0.3, "memory": 0.2}),
    _subject("cache size", r"cache|entries|lru|memo(ize)?|max_?(items|keys|entries)",
             {"cache": 1.0, "query": 0.6, "latency": 0.5, "calls": 0.5}, {"memory": 0.9, "latency": 0.2, "crash": 0.3}),
    _subject("buffer or queue size", r"buffer|queue|channel|make_chan|backlog|window|max_(messages|pending|poll|records)|poll_records|prefetch",
             {"backlog": 0.7, "limit": 0.8, "lock": 0.3, "latency": 0.3, "disk": 0.2}, {"memory": 0.8, "latency": 0.4, "backlog": 0.5, "crash": 0.3}),
    _subject("batch or page size", r"batch|page|chunk|bulk|limit_?\d*$|fetch_?size|per_page|max_(size|bytes|length|body|payload|items)|body_size|payload|\blimit\b|bytes|size",
             {"calls": 0.8, "limit": 0.8, "format": 0.4, "latency": 0.4, "query": 0.3, "value": 0.3, "backlog": 0.5}, {"memory": 0.8, "query": 0.6, "limit": 0.6, "latency": 0.5, "deadline": 0.3, "cpu": 0.3, "crash": 0.2}),
    _subject("replica count", r"replicas?|instances?|min_?(pods|size)|desired|scale|shards?|partitions?",
             {"cpu": 0.7, "latency": 0.6, "pool": 0.4, "limit": 0.4, "backlog": 0.6, "connect": 0.5, "memory": 0.3}, {"pool": 0.6, "limit": 0.3, "backlog": 0.2, "race": 0.3, "calls": 0.3}),
    _subject("interval", r"interval|period|every|poll|cron|schedule|tick|refresh|flush|sleep|delay|debounce",
             {"calls": 0.8, "cpu": 0.6, "limit": 0.5, "query": 0.4, "lock": 0.2}, {"cache": 0.5, "backlog": 0.6, "latency": 0.4, "value": 0.3, "deadline": 0.3}),
    _subject("sampling or log volume", r"sampl|log_?level|verbos|trace_ratio",
             {"errors": 0.05}, {"disk": 0.6, "cpu": 0.5, "latency": 0.3}),
    _subject("port", r"port|listen|addr", {"connect": 1.0, "crash": 0.3}, {"connect": 1.0, "crash": 0.3}),
    _subject("version", r"version|revision|schema_?id|api_?v", {"version": 0.8, "format": 0.8, "schema": 0.3}, {"version": 0.8, "format": 0.8, "schema": 0.3}),
    _subject("cost factor", r"cost|rounds|iterations|depth|complexity|work_?factor|bcrypt|scrypt|pbkdf|candidates|top_?k|beam|samples",
             {"value": 0.3, "auth": 0.1}, {"cpu": 0.9, "latency": 0.8, "memory": 0.3, "deadline": 0.4}),
    _subject("threshold", r"threshold|min_|max_|tolerance|score|weight|ratio|percent|factor|rate|cents|scale|precision|digits|decimal|round",
             {"value": 0.7, "limit": 0.5, "errors": 0.2}, {"value": 0.7, "limit": 0.5, "errors": 0.2}),
)  # fmt: skip

OTHER = Subject(
    "number",
    re.compile(""),
    {"value": 0.4, "errors": 0.1},
    {"value": 0.4, "errors": 0.1},
    "number changed",
    "number changed",
)
"""A constant whose name says nothing."""


def subject_of(said: str) -> Subject:
    """Return what a constant is.

    Parameters
    ----------
    said
        The words of its line, and of the keys above it, joined by underscores.

    Examples
    --------
    >>> subject_of("const_default_max_conns").name, subject_of("cfg_max_conn_idle_time").name
    ('connection or thread pool', 'idle time')
    """
    return next((each for each in SUBJECTS if each.words.search(said)), OTHER)

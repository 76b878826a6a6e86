"""Kinds of trouble: what an effect of a change can make, and what telemetry can show, in one vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """A way in which something goes wrong.

    Parameters
    ----------
    says
        What it means, for people.
    weight
        How much it narrows the cause down: an error rate says little, a data race says nearly all [1].
    texts
        How messages of software say it.
    metrics
        How names of metrics say it; the sign before the name says which direction is bad (+ up, - down).
    """

    says: str
    weight: float
    texts: tuple[str, ...]
    metrics: tuple[str, ...] = ()


TROUBLES: Mapping[str, Trouble] = {
    "deadline": Trouble("calls end at a time limit", 0.6, (
        r"deadline ?exceeded", r"\btime[d]?[ -]?out", r"timeout", r"etimedout", r"context cancell?ed", r"\b504\b", r"gateway time-?out", r"cancell?ed by (the )?(client|caller)", r"soft latency budget",
    ), ("+timeout", "+deadline", "+cancelled")),
    "pool": Trouble("a bounded set of connections, threads or slots is used up", 1.0, (
        r"pool (is )?(exhausted|full|limit|timeout)", r"pool.{0,40}(wait|acquir|exhaust|timed? ?out)", r"(wait|acquir)\w* .{0,30}(connection|permit|slot|worker|thread)", r"too many (connections|clients)", r"queuepool", r"hikaripool", r"no (available|free|idle) (connection|worker|thread|slot)", r"remaining connection slots", r"rejectedexecution", r"thread pool", r"max(imum)?[_ ](connections|clients) reached", r"connection limit",
    ), ("+pool_wait", "+pool_in_use", "-pool_max", "-pool_size", "+acquire", "-pool_available", "-idle_conn", "+active_conn", "+threads_busy", "+pending_conn", "+pool_util", "+connections_active", "-max_conn")),
    "memory": Trouble("memory runs out", 0.9, (
        r"out ?of ?memory", r"\boom\b", r"oom[ -]?kill", r"heap space", r"gc overhead", r"memory limit", r"cannot allocate", r"allocation failed", r"memorypressure", r"memory pressure", r"exit code 137", r"gc pause", r"full gc", r"heap .{0,20}(growth|growing|usage|exceed)", r"maxmemory", r"working set",
    ), ("+memory", "+rss", "+heap", "+working_set", "+gc_", "+oom", "+_gc", "+resident")),
    "cpu": Trouble("the processor is the limit", 0.8, (
        r"cpu[- ]?(throttl|starv|contend|bound|saturat|limit|quota|pegged|spin)", r"throttl\w+ container", r"cfs quota", r"runqueue", r"event loop (is )?(blocked|lag|delay)", r"catastrophic backtracking", r"busy loop", r"cpu .{0,20}(100|9\d)\s?%", r"hot loop", r"spinning",
    ), ("+cpu", "+throttled", "+load_average", "+event_loop", "+runqueue")),
    "race": Trouble("unguarded work at the same time", 1.2, (
        r"concurrent map", r"data race", r"race (condition|detected)", r"concurrentmodification", r"concurrent (access|update|modification|write|iteration)", r"double (free|charge|spend|book|submit)", r"duplicate (charge|order|payment|booking|submission|processing|delivery)", r"lost update", r"stale (write|version|read)", r"optimistic lock", r"not thread[- ]safe", r"oversold", r"dictionary changed size", r"inconsistent (state|count|balance)",
    ), ("+duplicate", "+oversell", "+oversold", "+double_")),
    "lock": Trouble("work waits for a lock", 1.0, (
        r"deadlock", r"lock wait", r"lock (timeout|contention)", r"could not obtain lock", r"waiting for (a )?(lock|mutex)", r"mutex", r"accessexclusivelock", r"blocked (by|on)", r"could not serialize access", r"all goroutines are asleep", r"serialization failure", r"row lock", r"lock.{0,20}held",
    ), ("+lock_wait", "+lock", "+deadlock", "+blocked", "+contention", "+mutex")),
    "crash": Trouble("the process does not start or does not stay", 0.8, (
        r"crash ?loop", r"failed to (start|boot|initiali[sz]e|launch)", r"\bpanic\b", r"fatal", r"segfault|sigsegv|segmentation", r"exit(ed)? (with )?(code|status) [1-9]", r"could not start", r"startup (failed|failure|error)", r"back-?off restarting", r"readiness probe failed", r"liveness probe failed", r"importerror|modulenotfounderror|noclassdeffound|nosuchmethod|classnotfound|linkageerror|undefined symbol|abstractmethoderror", r"duplicate registration", r"incompatible .{0,40}version", r"image ?pull", r"failed to load (config|module|plugin)", r"missing required (env|environment|config|setting)",
    ), ("+restart", "-ready", "-available_replicas", "+crash", "-replicas", "-healthy", "-up")),
    "version": Trouble("two versions of code or protocol do not fit", 1.0, (
        r"incompatible", r"version (conflict|mismatch)", r"duplicate registration", r"unsupported (protocol|version)", r"nosuchmethod|noclassdeffound|abstractmethoderror|linkageerror", r"has no attribute", r"undefined symbol", r"cannot import name", r"is not a function", r"unexpected keyword argument", r"api version", r"protocol (error|mismatch|version)", r"requires .{0,30}version", r"deprecated .{0,30}removed",
    )),
    "missing": Trouble("code meets a value that is not there", 1.0, (
        r"nil pointer", r"null ?pointer", r"nullreference", r"nonetype", r"cannot read propert", r"undefined is not", r"invalid memory address", r"nil dereference", r"index out of (range|bounds)", r"indexerror", r"keyerror", r"optional.*empty", r"unwrap\(\).* on a `?none", r"attributeerror", r"no(ne|thing) (where|value) .*expected", r"arrayindexoutofbounds", r"typeerror", r"nosuchelement", r"of (null|undefined|nil)\b", r"divi(de|sion) by zero", r"assignment to entry in nil map",
    )),
    "schema": Trouble("a store does not have what code asks it for", 1.1, (
        r"relation .{1,80} does not exist", r"(column|table|index|field|view|sequence|collection) .{0,80}(does not|doesn't) exist", r"no such (table|column|index|collection)", r"unknown column", r"unknown table", r"undefined(column|table)", r"no mapping found", r"missing column", r"violates (not-null|foreign key|check|unique|constraint)", r"cannot be null", r"constraint violation|integrityerror", r"syntax error at or near", r"invalid column", r"duplicate key value", r"column .{1,60} of type", r"data too long", r"out of range (value|for)", r"type mismatch", r"operator does not exist", r"pending migration", r"schema (mismatch|version)", r"ora-009\d\d",
    ), ("+missing_table", "+missing_column", "+schema_error", "+constraint")),
    "format": Trouble("one side does not read what the other writes", 1.0, (
        r"unmarshal", r"deseriali[sz]", r"(un)?known field", r"unknown field", r"parse_?(error|exception)", r"failed to (parse|decode)", r"invalid (json|payload|format|character|wire|enum|date|message|schema|request|type)", r"decod(e|ing) (error|failed|failure)", r"jsondecodeerror", r"missing (required )?(field|property|key|parameter|attribute|argument|header)", r"unexpected (token|type|field|end|character|eof|format|value)", r"schema (registry|validation|compat|mismatch)", r"cannot (parse|convert|deserialize|coerce)", r"no mapping found", r"validation (failed|error)", r"required (field|property|key)", r"unsupported (media|content|encoding)", r"invalid utf", r"magic byte", r"malformed", r"bad request", r"\b(400|415|422)\b", r"unrecogni[sz]ed (field|property|option)", r"avro|protobuf wire", r"checksum mismatch",
    ), ("+parse_error", "+decode", "+deserial", "+invalid", "+dlq", "+dead_letter", "+validation", "+malformed", "+4xx", "+bad_request", "+poison")),
    "query": Trouble("a store answers slowly", 0.9, (
        r"slow query", r"(full|seq(uential)?) (table )?scan", r"statement timeout", r"rows? examined", r"query (took|exceeded|time|duration)", r"long[- ]running (query|transaction)", r"missing index", r"canceling statement", r"temporary file|filesort|spill", r"collection scan|collscan", r"n\+1", r"too many (queries|statements)",
    ), ("+query_", "+db_duration", "+db_latency", "+rows_", "+seq_scan", "+slow_quer", "+db_time", "+sql_", "+queries_per", "+db_query", "+statement", "+db_cpu", "+scan", "+db_calls", "+postgres", "+mysql", "+database")),
    "calls": Trouble("far more calls are made for the same work", 0.9, (
        r"single[- ]item", r"batching disabled", r"n\+1", r"per[- ]item", r"too many (requests|calls|queries)", r"rate exceed", r"throughput ?exceeded", r"throttling", r"retry(ing)? (storm|attempt|budget)", r"retr(y|ies) (exhausted|exceeded)", r"attempt \d+", r"amplif", r"thundering herd", r"stampede", r"fan-?out", r"\b429\b", r"after \d* ?retries", r"request volume",
    ), ("+consumed", "+throttle_ratio", "+calls_per", "+queries_per", "+requests_out", "+upstream_requests", "+retry", "+retries", "+attempts", "+fanout", "+write_capacity", "+read_capacity", "+downstream_requests", "+outbound", "+db_calls", "+client_requests", "+egress")),
    "limit": Trouble("a limit refuses work", 0.9, (
        r"rate[- ]?limit", r"quota", r"too many requests", r"\b429\b", r"throughput ?exceeded", r"throttl(ed|ing)", r"too large", r"\b413\b", r"exceed(s|ed)? (the )?(max|limit|quota|size|allowed|capacity|threshold)", r"limit (exceeded|reached)", r"circuit ?(breaker)? ?(is )?open", r"resource ?exhausted", r"max(imum)? .{0,30}(exceeded|reached)", r"payload too", r"load shed", r"overload", r"rejected.{0,30}(queue|capacity|full)", r"buffer (full|overflow)", r"admission",
    ), ("+throttle", "+rejected", "+rate_limited", "+429", "+shed", "+quota", "+circuit", "+dropped", "+denied")),
    "auth": Trouble("one side does not trust the other", 1.1, (
        r"unauthori[sz]ed", r"\b40[13]\b", r"forbidden", r"permission denied", r"access ?denied", r"invalid (token|signature|credential|api key|issuer|audience|client|password|kid|key)", r"(token|credential|key|secret|session|password)s? (has |is |was |are )?(expired|revoked|invalid|rejected|rotated|disabled)", r"authentication (failed|failure|error)", r"signature (verification|mismatch|invalid)", r"jwt", r"not authori[sz]ed", r"login failed", r"csrf", r"\bcors\b", r"invalid_grant|invalid_client", r"unauthenticated", r"jwks", r"password authentication", r"expiredtoken", r"audience", r"scope",
    ), ("+401", "+403", "+auth_fail", "+unauthor", "+login_fail", "+forbidden", "+auth", "+token_")),
    "certificate": Trouble("a certificate is not accepted", 1.2, (
        r"x509", r"certificate (has )?(expired|is not|verify|signed|unknown|not yet)", r"certificate", r"tls (handshake|alert|error)", r"ssl(error|handshake| error)", r"handshake (fail|error)", r"unknown authority", r"pkix", r"cert(s)? expir", r"not valid (after|yet)", r"self[- ]signed",
    ), ("+tls", "+handshake", "-cert_days", "-certificate", "+ssl")),
    "name": Trouble("a name is not resolved", 1.2, (
        r"no such host", r"\bdns\b", r"name (or service )?(not known|resolution)", r"enotfound", r"nxdomain", r"servfail", r"getaddrinfo", r"temporary failure in name", r"eai_again", r"unknownhost", r"could not resolve", r"coredns", r"lookup .{1,80}(timeout|fail|no such)",
    ), ("+dns", "+nxdomain", "+servfail", "+resolution", "+coredns")),
    "connect": Trouble("the other side cannot be reached", 0.7, (
        r"connection refused", r"econnrefused", r"connection (reset|closed|aborted|lost|error|failed)", r"econnreset", r"no route", r"unreachable", r"unavailable", r"\b50[23]\b", r"bad gateway", r"broken pipe", r"dial tcp", r"failed to connect", r"connect(ion)? (failed|timeout|attempt)", r"no healthy (upstream|host|endpoint)", r"endpoint.{0,30}(not found|unavailable)", r"wrong (host|port)", r"\b404\b", r"not found", r"no route", r"could not connect", r"broker.{0,30}(not|down|lost|unavail)", r"unexpected eof",
    ), ("+connection_error", "+connect_fail", "+unreachable", "+endpoint_error", "+502", "+503", "-healthy_host", "+reset", "+404")),
    "cache": Trouble("a cache does not hold what it should", 0.9, (
        r"cache (miss|evict|stampede|expired|invalid|bypass|disabled)", r"evict", r"stale (cache|data|entry|price|value|read|content)", r"cache.{0,30}(miss|stale|cold|key)", r"hit rat(e|io)",
    ), ("-hit_rat", "-cache_hit", "+cache_miss", "+evict", "-hit_rate", "+stale", "+misses", "-hits", "+redis")),
    "backlog": Trouble("work waits in line", 0.8, (
        r"consumer lag", r"\blag\b", r"backlog", r"queue (is )?(full|depth|grow|length|size)", r"dead[- ]?letter", r"\bdlq\b", r"rebalanc", r"poison", r"redeliver", r"offset", r"unacked", r"message(s)? (not|un)acknowledged", r"falling behind", r"session timed out .{0,30}group", r"requeu", r"stuck", r"stalled", r"duplicate (deliver|process|message)",
    ), ("+lag", "+backlog", "+queue_depth", "+queue_len", "+queue_size", "+dlq", "+dead_letter", "+pending", "+unacked", "+age_of_oldest", "+queue", "-consumed_rate", "-processed", "+rebalance", "+redeliver")),
    "disk": Trouble("storage is full or slow", 1.1, (
        r"no space left", r"disk (is )?(full|usage|pressure|space)", r"enospc", r"inode", r"read-only file ?system", r"i/o (error|wait)", r"volume .{0,30}full", r"disk quota", r"wal .{0,30}(full|grow|accumul)", r"diskpressure", r"storage (is )?full", r"flood.?stage", r"log volume",
    ), ("+disk", "+inode", "+filesystem", "+iowait", "+io_wait", "+volume", "+log_bytes", "+wal_", "-free_bytes", "-disk_free", "+storage", "+log_lines", "+iops")),
    "leak": Trouble("handles are taken and not given back", 1.0, (
        r"too many open files", r"emfile", r"file descriptor", r"leak", r"goroutine(s)? (count|grow|\d{4,})", r"unclosed", r"not (closed|released|returned)", r"socket(s)? exhausted", r"ephemeral port", r"cannot assign requested address", r"threads? (count|limit|exhaust)", r"unable to create (new )?(native )?thread", r"idle in transaction", r"close_wait",
    ), ("+goroutine", "+open_fd", "+fds", "+file_desc", "+sockets", "+threads", "+handles", "+open_conn", "+leak", "+listeners", "+active_conn", "+idle_in_transaction", "+connections")),
    "value": Trouble("results are wrong", 1.0, (
        r"(amount|total|price|balance|sum|count|checksum|tax|currency|quantity|result)s? (mismatch|differs?|incorrect|wrong|invalid|negative|drift)", r"mismatch", r"negative (amount|balance|quantity|total|price|stock|value|duration)", r"reconcil", r"rounding", r"off by", r"overflow", r"wrong (amount|total|currency|value|unit|result|price)", r"invariant", r"assert(ion)? ?(failed|error)", r"expected .{1,60}(got|but|was)", r"discrepan", r"incorrect", r"unit mismatch", r"sanity check", r"implausible", r"empty result", r"precision", r"clock skew|timezone|utc",
    ), ("+mismatch", "+reconcil", "+discrepan", "-result_count", "+refund", "-conversion", "-orders_", "-revenue", "+empty_result", "+incorrect", "+wrong", "-match_rate", "-success_rate", "+skew", "+drift")),
    "latency": Trouble("answers take longer", 0.35, (
        r"\bslow(er|ness|ly)?\b", r"latency", r"took \d+", r"response time", r"stall", r"delay(ed)?\b", r"degraded", r"hang|hung\b", r"waited",
    ), ("+latency", "+duration", "+response_time", "+p99", "+p95", "+wait", "+_ms", "+_seconds", "-throughput", "+time_ms", "+apdex")),
    "errors": Trouble("requests fail", 0.2, (
        r"\b5\d\d\b", r"internal server error", r"request failed", r"\berror\b", r"\bfailed\b", r"exception", r"\bfailure\b",
    ), ("+error", "+5xx", "+fail", "+exception", "-success", "-availability", "+_err")),
}  # fmt: skip
"""All kinds, the vocabulary of `telic.context.changes` and of the search for the culprit."""

_TEXTS = {name: re.compile("|".join(each.texts), re.IGNORECASE) for name, each in TROUBLES.items()}


def in_text(text: str) -> frozenset[str]:
    """Return the troubles that a message speaks of.

    Examples
    --------
    >>> sorted(in_text("pgx pool: context deadline exceeded acquiring connection (pool exhausted)"))
    ['deadline', 'pool']
    """
    return frozenset(name for name, pattern in _TEXTS.items() if pattern.search(text))


def in_metric(name: str, *, up: bool) -> frozenset[str]:
    """Return the troubles that a metric of this name shows when it goes up, or down.

    Examples
    --------
    >>> sorted(in_metric("db_pool_wait_seconds_p99", up=True))
    ['latency', 'pool']
    """
    said = re.sub(r"[.\-/ ]", "_", name.lower())
    sign = "+" if up else "-"
    return frozenset(
        trouble
        for trouble, each in TROUBLES.items()
        if any(pattern[0] == sign and pattern[1:] in said for pattern in each.metrics)
    )

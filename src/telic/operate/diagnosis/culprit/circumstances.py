"""Causes that nobody changed in code: traffic, nodes, other people's services, certificates, names, disks, secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.operate.diagnosis.culprit.scene import LEAD, Scene
from telic.operate.diagnosis.culprit.signs import Sign
from telic.registry import Registry

RATE = re.compile(
    r"(^|_)(rps|qps|tps)($|_)|(^|_)(requests?|reqs?|calls|queries|logins|orders|sessions|users|visits|hits|clients|jobs|uploads|events|messages)(_received|_in|_incoming|_arriving|_submitted)?(_total|_count)?_?(per_(s|sec|second|min|minute)|rate)($|_)"
    r"|traffic|incoming_|ingress_(requests|rate)|arrival|(concurrent|active|online)_(users|sessions)|load_rps",
    re.IGNORECASE,
)
NOT_LOAD = re.compile(r"error|fail|5xx|4xx|429|retr|timeout|cancel|throttl|reject|dead|dlq|lag|latency|duration|processed|consumed|per_request", re.IGNORECASE)

@dataclass(frozen=True)
class Circumstance:
    """Something that happened to the system.

    Parameters
    ----------
    kind
        Name of the reader that found it.
    mechanism
        What to call it when it is the cause.
    entity
        Where it happened.
    onset
        When [s since the Unix epoch].
    says
        What shows it.
    troubles
        Kind of trouble to how readily it makes it [1].
    strength
        How plainly it was seen, as evidence [nats].
    """

    kind: str
    mechanism: str
    entity: str
    onset: float
    says: str
    troubles: Mapping[str, float]
    strength: float
    signs: tuple[Sign, ...] = ()


circumstance: Registry[Sequence[Circumstance]] = Registry("circumstance")


def found_in(scene: Scene) -> tuple[Circumstance, ...]:
    """Return every circumstance that the scene shows, the plainest first."""
    found = [each for name in circumstance for each in circumstance.create(name, scene=scene)]
    return tuple(sorted(found, key=lambda each: -each.strength))


@circumstance("traffic", example={})
def traffic(scene: Scene) -> Sequence[Circumstance]:
    """More requests arrive than before, at the symptom or where users enter, no later than the trouble begins."""
    if any(entity in scene.callers and _load(name) for entity, name in scene.steady):
        return ()  # whoever calls it gets no more than before: the calls were multiplied on the way
    found = []
    for each in scene.signs:
        arrives = each.entity == scene.entity or each.entity in scene.callers or "ingress" in each.entity.lower()
        if each.source != "metric" or not each.up or not _load(each.text) or not arrives:
            continue
        if each.onset > scene.onset + LEAD or each.ratio < 1.3:
            continue
        troubles = {"cpu": 1.0, "pool": 0.9, "latency": 0.9, "deadline": 0.8, "limit": 0.9, "backlog": 0.9, "memory": 0.6, "query": 0.6, "errors": 0.7, "connect": 0.6, "calls": 0.5, "lock": 0.4, "disk": 0.2, "cache": 0.4, "crash": 0.3}  # fmt: skip
        strength = min(3.0, 1.5 * math.log(min(each.ratio, 1e3)) + 0.5)
        found.append(Circumstance("traffic", "more traffic than it can serve", each.entity, each.onset, each.says, troubles, strength, (each,)))  # fmt: skip
    return found


def _load(name: str) -> bool:
    return bool(RATE.search(name)) and not NOT_LOAD.search(name)


@circumstance("dependency", example={})
def dependency(scene: Scene) -> Sequence[Circumstance]:
    """What it calls answers slowly or not at all by its own account, and nobody changed that."""
    changed = {arrival.entity for each in scene.candidates for arrival in each.before(scene.onset + LEAD)}
    found = []
    for each in scene.signs:
        slow = each.source == "metric" and each.troubles and each.troubles <= {"latency", "errors", "connect", "deadline"}
        if not slow or each.entity not in scene.callees or each.entity in changed or each.onset > scene.onset + LEAD:
            continue
        troubles = {"latency": 1.0, "deadline": 1.0, "errors": 0.8, "connect": 0.8, "pool": 0.6, "backlog": 0.6, "calls": 0.3, "limit": 0.3, "query": 0.3}  # fmt: skip
        found.append(Circumstance("dependency", "what it depends on is in trouble", each.entity, each.onset, each.says, troubles, 1.2, (each,)))
    return found


_TEXTS: tuple[tuple[str, str, re.Pattern[str], Mapping[str, float], float], ...] = (
    ("certificate", "certificate expired", re.compile(r"cert\w* (has |is )?expired|x509: certificate has expired|not valid after|certificate.{0,30}expir|expired certificate|cert_?expir", re.IGNORECASE),
     {"certificate": 1.0, "connect": 0.8, "auth": 0.5, "errors": 0.8, "deadline": 0.3, "latency": 0.2}, 3.0),
    ("secret", "credential expired or was revoked", re.compile(r"(token|credential|secret|password|api[_ ]?key|access key|license|session)s?\b.{0,40}\b(expired|revoked|disabled|rotated|no longer valid)|expiredtoken|(expired|revoked|rotated) .{0,20}(token|credential|secret|password|key)", re.IGNORECASE),
     {"auth": 1.0, "connect": 0.5, "errors": 0.8, "backlog": 0.3}, 2.0),
    ("name", "name resolution fails", re.compile(r"coredns|kube-dns|resolv\.conf|dns (server|resolver|outage|failure|timeout|zone|query)|servfail|no such host|temporary failure in name resolution|eai_again|lookup .{1,80}: (i/o timeout|server misbehaving)", re.IGNORECASE),
     {"name": 1.0, "connect": 0.9, "deadline": 0.7, "latency": 0.6, "errors": 0.8}, 1.5),
    ("node", "trouble of the node", re.compile(r"node.{0,60}(not ?ready|pressure|under|drain|cordon|taint|reboot|lost|terminat|unreachable|contend)|(spot|preempt\w*|host) .{0,20}(interrupt|terminat|reclaim|maintenance|fail)|co-?tenant|noisy neighbo|evicted|steal|hardware|kernel|instance .{0,30}(retire|degrad|fail)|availability zone|\baz\b .{0,20}(down|outage|degrad|impair)|zone .{0,30}(outage|unavail|fail|degrad|impair)", re.IGNORECASE),
     {"cpu": 1.0, "memory": 0.9, "latency": 0.9, "deadline": 0.9, "disk": 0.6, "connect": 0.7, "crash": 0.6, "errors": 0.8, "backlog": 0.6, "limit": 0.2}, 2.0),
    ("network", "trouble of the network", re.compile(r"packet loss|network (partition|unreachable|latency|policy|degrad|congest)|route (flap|withdrawn)|bgp|vpn|\bnat\b.{0,20}(exhaust|gateway|port)|conntrack|mtu|link (down|flap)|security group|firewall|peering|retransmi", re.IGNORECASE),
     {"connect": 1.0, "deadline": 1.0, "latency": 0.9, "errors": 0.8, "name": 0.4, "backlog": 0.4}, 1.5),
    ("store", "trouble of a store", re.compile(r"failover|primary (is )?(down|lost|changed|step)|leader (election|changed|lost)|replica(tion)? (lag|broken|stopped|delay)|read-only (mode|transaction|replica)|standby|vacuum|autovacuum|checkpoint|wraparound|quorum|split[- ]brain|(master|primary|broker) .{0,20}(not available|unavailable|down|restart|lost)|under-?replicated|maintenance (window|mode)|backup (job|running|started)|\bcompaction\b.{0,20}(stall|storm|pending)", re.IGNORECASE),
     {"connect": 0.8, "query": 0.8, "lock": 0.4, "latency": 0.8, "deadline": 0.8, "errors": 0.8, "pool": 0.6, "backlog": 0.7, "cache": 0.4, "disk": 0.5}, 1.5),
    ("disk", "storage is full", re.compile(r"no space left|disk (is )?full|enospc|disk usage .{0,20}9\d|inode.{0,20}exhaust|volume .{0,20}full|diskpressure|flood.?stage", re.IGNORECASE),
     {"disk": 1.0, "errors": 0.7, "crash": 0.6, "query": 0.4, "latency": 0.4, "backlog": 0.5}, 1.0),
    ("outside", "an outside service fails", re.compile(r"third[- ]party|(payment|external|partner|vendor|upstream|cloud|sms|email|identity|shipping|tax|maps?|llm|model) (provider|gateway|processor|vendor|api)|provider .{0,30}(outage|incident|degrad|unavail|error|down|status)|status ?page|\b(stripe|paypal|adyen|braintree|twilio|sendgrid|mailgun|auth0|okta|cognito|openai|anthropic|bedrock|cloudflare|fastly|akamai|salesforce|shopify|plaid|avalara|segment|slack|github|datadog|fedex|ups|usps|dhl|s3|gcs|aws|azure|gcp)\b.{0,60}(outage|unavail|5\d\d|timeout|timed out|degrad|error|fail|rate|elevated|refus|reset|down)|api\.\w+\.(com|io|net)", re.IGNORECASE),
     {"connect": 1.0, "deadline": 1.0, "latency": 0.9, "errors": 0.9, "limit": 0.8, "auth": 0.4, "backlog": 0.5, "pool": 0.4, "name": 0.3, "calls": 0.4}, 1.5),
    ("quota", "an account's quota is used up", re.compile(r"(quota|allowance|plan limit|credit|billing|usage limit|subscription).{0,40}(exceed|exhaust|reached|used up|expired|suspend)|(account|project|organi[sz]ation) .{0,30}(limit|quota|suspend)|insufficient[_ ]quota", re.IGNORECASE),
     {"limit": 1.0, "auth": 0.4, "errors": 0.8, "calls": 0.3, "backlog": 0.3, "connect": 0.3}, 1.2),
    ("input", "input from outside that it cannot take", re.compile(r"(partner|client|customer|tenant|producer|vendor|feed|upload|third[- ]party|supplier|webhook).{0,60}(malformed|invalid|unexpected|oversized|corrupt|schema|format)|poison (message|pill)|malformed (message|record|payload|event|row) from|bot (traffic|attack)|ddos|credential stuffing|scrap(er|ing)|abus(e|ive)|single (tenant|client|customer)|hot (key|partition|shard)|ip (range|address)es?\b.{0,30}(flood|burst|abuse)", re.IGNORECASE),
     {"format": 1.0, "backlog": 0.8, "limit": 0.7, "cpu": 0.6, "latency": 0.5, "errors": 0.7, "auth": 0.5, "crash": 0.4, "memory": 0.4, "missing": 0.4}, 1.2),
)  # fmt: skip
_MADE_BY_CODE = re.compile(r"backoff|crashloop|oomkill|unhealthy|killing|started|created|pulled|scaling", re.IGNORECASE)


@circumstance("told", example={})
def told(scene: Scene) -> Sequence[Circumstance]:
    """What messages, events and alerts say of things that no change of code does."""
    found = []
    for kind, mechanism, pattern, troubles, strength in _TEXTS:
        signs = [
            each
            for each in scene.signs
            if each.source != "metric"
            and not each.vanished
            and pattern.search(each.text)
            and each.onset <= scene.reported + 300.0
        ]
        signs = [
            each for each in signs if not (each.source == "event" and _MADE_BY_CODE.search(each.text.split(":")[0]))
        ]
        if not signs:
            continue
        first = min(signs, key=lambda each: each.onset)
        early = 1.0 if first.onset <= scene.onset + LEAD else 0.3
        plain = min(1.0, sum(each.weight * (0.4 if each.about else 1.0) for each in signs) / 0.7)
        found.append(Circumstance(kind, mechanism, first.entity, first.onset, first.says, troubles, strength * early * plain, tuple(signs[:4])))  # fmt: skip
    return found


@circumstance("node", example={})
def node(scene: Scene) -> Sequence[Circumstance]:
    """A node, or another workload on it, uses far more than before, no later than the trouble begins."""
    found = []
    for each in scene.signs:
        if each.source != "metric" or not each.up or each.onset > scene.onset + 2 * LEAD:
            continue
        of_node = re.search(r"^(node|host|machine|vm|system)_", each.text) or re.search(
            r"(^|[-_])(node|host|vm|pool)[-_\d]", each.entity
        )
        stranger = (
            each.entity != scene.entity
            and each.before == 0
            and {"cpu", "memory"} & each.troubles
            and scene.near.get(each.entity, 0.3) <= 0.3
        )
        if of_node or stranger:
            troubles = {
                "cpu": 1.0,
                "memory": 0.9,
                "latency": 0.9,
                "deadline": 0.9,
                "disk": 0.6,
                "connect": 0.5,
                "crash": 0.4,
                "errors": 0.7,
                "backlog": 0.5,
            }
            found.append(
                Circumstance(
                    "node", "the node is contended", each.entity, each.onset, each.says, troubles, 2.5, (each,)
                )
            )
    return found


_STATE = re.compile(
    r"outage|degrad|investigat|identified|elevated|disrupt|incident|partial|major|unavailab|increased (error|latenc)|monitoring|impair",
    re.IGNORECASE,
)
_WELL = re.compile(r"\b(operational|all systems|resolved|no incidents|completed|scheduled)\b", re.IGNORECASE)


@circumstance("status", example={})
def status(scene: Scene) -> Sequence[Circumstance]:
    """A provider's own status feed, recorded beside, that speaks of trouble."""
    found = []
    for path, text in scene.documents.items():
        if "status" not in path.lower() or not _STATE.search(text):
            continue
        bad, well = len(_STATE.findall(text)), len(_WELL.findall(text))
        troubles = {"connect": 1.0, "deadline": 1.0, "latency": 1.0, "errors": 1.0, "limit": 0.9, "auth": 0.7, "backlog": 0.6, "name": 0.6, "pool": 0.5, "calls": 0.5, "query": 0.4, "disk": 0.3, "certificate": 0.3, "cache": 0.4}  # fmt: skip
        strength = 3.0 * bad / (bad + 0.5 * well)
        said = " ".join(text.split())[:160]
        found.append(
            Circumstance("status", "an outside service fails", "", scene.onset, f"{path}: {said}", troubles, strength)
        )
    return found

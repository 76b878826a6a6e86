"""Reads how well a system must do it: workloads, objectives, capacity, recovery, trials, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, cast

from telic.errors import InvalidIntent
from telic.intent import units
from telic.intent.keys import operational as keys
from telic.intent.section import Section, convert_text, entries, identifier, name
from telic.model.intent import Capacity, Keys, Objective, Recovery, Trial, Workload


def read_workloads(section: Section) -> tuple[Workload, ...]:
    """Read ``operational.workload``; what a workload with a base leaves out comes from there."""
    found: list[Workload] = []
    for item in section.items("workload"):
        each = Section(item, keys.WORKLOAD, section.findings)
        base = next((one for one in found if "base" in each and one.id == each.text("base")), None)
        if "base" in each and base is None:
            each.findings.add(each.at("base"), f"no workload {each.text('base')!r} stands above", "name an earlier one")
        if "base" not in each:
            for needed in ("arrival", "rate", "mix", "keys"):
                if needed not in each:
                    each.findings.add(item, f"a workload needs the key {needed!r}", "or base: with an earlier workload")
        found.append(_workload(each, base or Workload("", "", "poisson", 0.0, {}, Keys(0.0, 0))))
    return tuple(found)


def read_objectives(section: Section) -> tuple[Objective, ...]:
    """Read ``operational.slos``."""
    found = []
    for item in section.items("slos"):
        each = Section(item, keys.SLO, section.findings)
        sli = each.section("sli", keys.SLI)
        kind = cast(Literal["latency", "success"], sli.choice("ratio", ("latency", "success"), "success"))
        if kind == "latency" and "below" not in sli:
            sli.findings.add(sli.item, "a latency ratio needs the key 'below'", "below: 100ms")
        if kind == "success" and "below" in sli:
            sli.findings.add(sli.at("below"), "a success ratio takes no 'below'", "delete it or write ratio: latency")
        found.append(
            Objective(
                id=each.read("id", identifier, ""),
                service=each.text("service"),
                sli=kind,
                target=each.read("target", _target, 0.0),
                window=each.read("window", units.period, 0.0),
                test_window=each.read("test_window", units.period, 0.0),
                under=each.text("under"),
                below=sli.read("below", units.period, 0.0),
            )
        )
    return tuple(found)


def read_capacity(section: Section) -> tuple[Capacity, ...]:
    """Read ``operational.capacity``."""
    found = []
    for key, value in section.entries("capacity"):
        each = Section(value, keys.CAPACITY, section.findings)
        service = convert_text(key, name, "", section.findings)
        found.append(
            Capacity(service, each.read("slots", units.count, 1), each.read("service_time", units.period, 0.0))
        )
    return tuple(found)


def read_settings(section: Section) -> dict[str, dict[str, str]]:
    """Read ``operational.settings``: by service, each value as it is written."""
    return {
        service.text: {
            key.text: convert_text(value, str, "", section.findings, "model.batch: 4")
            for key, value in entries(values, service.text, section.findings)
        }
        for service, values in section.entries("settings")
    }


def read_recovery(section: Section) -> tuple[Recovery, ...]:
    """Read ``operational.recovery``."""
    found = []
    for item in section.items("recovery"):
        each = Section(item, keys.RECOVERY, section.findings)
        found.append(
            Recovery(
                id=each.read("id", identifier, ""),
                metric=each.read("metric", _metric, ""),
                to=each.read("to", units.share, 0.0),
                of=each.choice("of", ("before",), ""),
                within=each.read("within", units.period, 0.0),
                after=each.choice("after", ("trigger_end",), ""),
            )
        )
    return tuple(found)


def read_trials(section: Section) -> tuple[Trial, ...]:
    """Read ``operational.trials``."""
    found = []
    for item in section.items("trials"):
        each = Section(item, keys.TRIAL, section.findings)
        found.append(
            Trial(
                id=each.read("id", identifier, ""),
                kind=cast(Literal["trigger", "benefit"], each.choice("kind", ("trigger", "benefit"), "trigger")),
                inject=_inject(each.section("inject", keys.INJECT)) if "inject" in each else {},
                must=each.texts("must", identifier),
                under=each.text("under"),
            )
        )
    return tuple(found)


def read_staleness(section: Section) -> dict[str, float]:
    """Read ``operational.limits.staleness``."""
    limits = section.section("limits", keys.LIMITS)
    return {
        key.text: convert_text(value, units.duration, 0.0, section.findings, "F1: 5s")
        for key, value in limits.entries("staleness")
    }


def read_max_processes(section: Section) -> int:
    """Read ``operational.limits.cost.processes``; 0 when there is no limit."""
    cost = section.section("limits", keys.LIMITS).section("cost", keys.COST)
    return cost.read("processes", units.count, 0)


def _workload(each: Section, base: Workload) -> Workload:
    arrival = each.choice("arrival", ("poisson", "constant"), base.arrival)
    return Workload(
        id=each.read("id", identifier, ""),
        name=each.read("name", name, ""),
        arrival=cast(Literal["poisson", "constant"], arrival),
        rate=each.read("rate", units.rate, base.rate),
        mix=_mix(each) if "mix" in each else base.mix,
        keys=each.read("keys", units.keys, base.keys),
        duration=each.read("for", units.period, base.duration),
    )


def _mix(each: Section) -> Mapping[str, float]:
    return {key.text: convert_text(value, _weight, 1.0, each.findings, "F1: 55") for key, value in each.entries("mix")}


def _inject(each: Section) -> dict[str, object]:
    found: dict[str, object] = {}
    what = [key for key in ("capacity", "load", "flush", "error", "pause") if key in each]
    if len(what) != 1 and each.item.kind == "mapping" and not each.findings.under(each.item.path):
        each.findings.add(each.item, "an injection names one thing", "capacity, load, flush, error or pause")
    if "capacity" in each:
        inner = each.section("capacity", keys.INJECT_CAPACITY)
        found["capacity"] = {"service": inner.text("service"), "to": inner.read("to", units.share, 0.0)}
    if "error" in each:
        inner = each.section("error", keys.INJECT_ERROR)
        found["error"] = {"service": inner.text("service"), "p": inner.read("p", units.share, 0.0)}
    if "pause" in each:
        inner = each.section("pause", keys.INJECT_PAUSE)
        found["pause"] = {
            "service": inner.text("service"),
            "to": inner.read("to", units.share, 0.0),
            "every": inner.read("every", units.period, 1.0),
        }
    if "load" in each:
        found["load"] = each.read("load", _weight, 1.0)
    if "flush" in each:
        found["flush"] = each.choice("flush", ("cache",), "cache")
    if "for" in each:
        found["for"] = each.read("for", units.period, 0.0)
    elif what and "flush" not in each:
        each.findings.add(each.item, f"{what[0]} needs the key 'for'", "for: 5s")
    return found


def _target(text: str) -> float:
    value = units.share(text)
    if not 0.5 <= value < 1:
        raise InvalidIntent(f"{text!r} is no target", hint="from 50% to below 100%: at 100% there is no error budget")
    return value


def _weight(text: str) -> float:
    if (value := units.number(text)) <= 0:
        raise InvalidIntent(f"{text!r} is not above 0", hint="a number above 0; leave out what does not occur")
    return value


def _metric(text: str) -> str:
    if not re.fullmatch(r"goodput\([A-Z]{1,3}[0-9]{1,4}\)", text):
        raise InvalidIntent(f"{text!r} is not a metric", hint="goodput(objective id), such as goodput(O1)")
    return text

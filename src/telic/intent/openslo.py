"""Writes objectives as OpenSLO v1 documents: one SLI (ratio of good requests to all) and one SLO each.

References
----------
.. [1] OpenSLO specification, openslo/v1, https://github.com/OpenSLO/OpenSLO
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

from ruamel.yaml import YAML

from telic.intent.units import write_duration
from telic.intent.verdicts import offered
from telic.model.intent import Intent, Objective

_TOTAL = "SELECT count(*) FROM spans WHERE service = '{service}' AND kind = 'server' AND start_ns BETWEEN ? AND ?"
_ERROR = "json_extract_string(attributes, '$.\"telic.business_error\"')"
_CALLER = "http_status < 400 OR http_status IN (400, 401, 403, 404)"  # an answer, or the caller's own mistake


def documents(intent: Intent) -> list[dict[str, object]]:
    """Return OpenSLO documents as plain data, in the order of the intent."""
    return [
        each for objective in intent.objectives for each in (_indicator(intent, objective), _slo(intent, objective))
    ]


def openslo(intent: Intent) -> str:
    """Return the documents as YAML; equal intents give equal text."""
    return write_yaml(documents(intent))


def write_yaml(found: Iterable[Mapping[str, object]]) -> str:
    """Write plain data as YAML documents, keys in their order, lines never folded."""
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 100_000
    yaml.dump_all(list(found), text)
    return text.getvalue()


def queries(intent: Intent, objective: Objective) -> tuple[str, str]:
    """Return SQL that counts good requests and all, between two times [ns since the Unix epoch]."""
    total = _TOTAL.format(service=objective.service)
    good = f"{total} AND ({_CALLER} OR (http_status = 422 AND NOT ({_bad_errors(intent)})))"
    if objective.sli == "latency":
        good += f" AND duration_ns < {round(objective.below * 1e9)}"
    return good, total


def _bad_errors(intent: Intent) -> str:
    """Which business errors are bad service: some from every operation, some only from one."""
    verdicts: dict[str, set[str]] = {}
    for operation in intent.operations:
        for error, verdict in operation.errors.items():
            verdicts.setdefault(error, set()).add(verdict)
    always = sorted(error for error, found in verdicts.items() if found == {"bad"})
    tests = [f"{_ERROR} IN ({_texts(always)})"] if always else []
    for operation in intent.operations:
        some = sorted(error for error, verdict in operation.errors.items() if verdict == "bad" and error not in always)
        if some:
            tests.append(f"(name IN ({_texts(offered(intent, operation))}) AND {_ERROR} IN ({_texts(some)}))")
    return " OR ".join(tests) or "false"


def _texts(words: Sequence[str]) -> str:
    return ", ".join(f"'{each}'" for each in words)


def _indicator(intent: Intent, objective: Objective) -> dict[str, object]:
    good, total = (
        {"metricSource": {"type": "DuckDB", "spec": {"query": query}}} for query in queries(intent, objective)
    )
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLI",
        "metadata": {"name": f"{_name(intent, objective)}-sli", "displayName": _words(objective)},
        "spec": {"description": _words(objective), "ratioMetric": {"counter": True, "good": good, "total": total}},
    }


def _slo(intent: Intent, objective: Objective) -> dict[str, object]:
    notes = {"telic.dev/id": objective.id, "telic.dev/intent": intent.hash}
    if objective.under:
        notes["telic.dev/workload"] = objective.under
    notes["telic.dev/test-window"] = write_duration(objective.test_window)
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": _name(intent, objective), "displayName": _words(objective), "annotations": notes},
        "spec": {
            "description": " ".join(intent.text.split())[:1050],
            "service": objective.service,
            "indicatorRef": f"{_name(intent, objective)}-sli",
            "timeWindow": [{"duration": _shorthand(objective.window), "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": objective.id, "target": objective.target}],
        },
    }


def _name(intent: Intent, objective: Objective) -> str:
    return f"{intent.system}-{objective.id}".lower().replace("_", "-")


def _words(objective: Objective) -> str:
    fast = f" within {write_duration(objective.below)}" if objective.sli == "latency" else ""
    return f"requests at {objective.service} answered right{fast}"


def _shorthand(seconds: float) -> str:
    """Write a duration in OpenSLO's units; it knows none below a minute."""
    text = write_duration(max(60.0, round(seconds / 60) * 60.0))
    return text if text.endswith(("m", "h", "d")) else "1m"

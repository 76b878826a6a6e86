"""What the published definitions of Chaos Mesh say of its objects."""

from __future__ import annotations

import pytest
from tests.worlds.kubernetes.cluster import Manifest

SELECTOR = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "namespaces": {"type": "array", "items": {"type": "string"}},
        "labelSelectors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}  # fmt: skip
MODE = {"enum": ["one", "all", "fixed", "fixed-percent", "random-max-percent"]}


def _texts(*fields: str) -> Manifest:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each: {"type": "string"} for each in fields},
    }


NUMBERS = {"limit": {"type": "integer", "minimum": 1}, "buffer": {"type": "integer", "minimum": 1}}
COMMON = {"mode": MODE, "selector": SELECTOR}
FIELDS: dict[str, tuple[Manifest, list[str]]] = {
    "NetworkChaos": (
        {
            "action": {"enum": ["netem", "delay", "loss", "duplicate", "corrupt", "partition", "bandwidth"]},
            "direction": {"enum": ["to", "from", "both", ""]},
            "target": {"type": "object", "properties": COMMON, "required": ["mode", "selector"]},
            "delay": {**_texts("latency", "jitter", "correlation"), "required": ["latency"]},
            "loss": {**_texts("loss", "correlation"), "required": ["loss", "correlation"]},
            "corrupt": {**_texts("corrupt", "correlation"), "required": ["corrupt", "correlation"]},
            "bandwidth": {
                "type": "object", "additionalProperties": False, "required": ["rate", "limit", "buffer"],
                "properties": {"rate": {"type": "string", "pattern": r"^\d+[kmgt]?bps$"}, **NUMBERS},
            },
        },
        ["action", "mode", "selector"],
    ),
    "PodChaos": (
        {
            "action": {"enum": ["pod-kill", "pod-failure", "container-kill"]}, "gracePeriod": {"type": "integer"},
            "containerNames": {"type": "array", "items": {"type": "string"}},
        },
        ["action", "mode", "selector"],
    ),
    "StressChaos": (
        {
            "stressors": {
                "type": "object", "additionalProperties": False,
                "properties": {
                    "cpu": {"properties": {"workers": {"type": "integer"}, "load": {"type": "integer"}}},
                    "memory": {"properties": {"workers": {"type": "integer"}, "size": {"type": "string"}}},
                },
            }
        },
        ["mode", "selector"],
    ),
    "TimeChaos": (
        {"timeOffset": {"type": "string"}, "clockIds": {"type": "array", "items": {"type": "string"}}},
        ["mode", "selector", "timeOffset"],
    ),
}  # fmt: skip
"""Fields of the published definitions (chaos-mesh.org/v1alpha1), as far as these objects use them."""


def of_chaos(manifest: Manifest) -> Manifest:
    properties, required = FIELDS[manifest["kind"]]
    schema = {"additionalProperties": False, "properties": {**COMMON, **properties}, "required": required}
    jsonschema = pytest.importorskip("jsonschema", reason="no validator of JSON schemas is installed")
    jsonschema.validate(manifest["spec"], schema)
    assert manifest["apiVersion"] == "chaos-mesh.org/v1alpha1"
    assert set(manifest["metadata"]) == {"name", "namespace", "labels"}
    spec: Manifest = manifest["spec"]
    return spec

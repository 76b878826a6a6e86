"""A run's record without the secrets that any text of it may hold."""

from __future__ import annotations

from telic.model import dump, load, plain
from telic.model.redaction import redact
from telic.report.record import RunRecord


def without_secrets(run: RunRecord) -> RunRecord:
    """Return `run` with every text of it redacted."""
    return load(RunRecord, dump(_walk(plain(run))))


def _walk(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _walk(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each) for each in value]
    return value

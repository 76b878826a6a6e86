"""Data sets to learn from: JSON, one example a line, each with a prompt and a completion."""

from __future__ import annotations

import json


def example_of(line: str) -> tuple[str, str]:
    """Return prompt and completion of a line; raise `ValueError` for any other line.

    Examples
    --------
    >>> example_of('{"prompt": "Is it on?", "completion": "It is."}')
    ('Is it on?', 'It is.')
    """
    found = json.loads(line)
    if not isinstance(found, dict) or set(found) != {"prompt", "completion"}:
        raise ValueError("an example has a prompt and a completion")
    if not all(isinstance(each, str) and each for each in found.values()):
        raise ValueError("prompt and completion are texts")
    return found["prompt"], found["completion"]


def examples_of(text: str) -> list[tuple[str, str]]:
    """Return every example of a data set; raise `ValueError` with the number of the first line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found.append(example_of(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    if not found:
        raise ValueError("no line")
    return found


def problem_of(text: str) -> str:
    """Return what is wrong with a data set; ``""`` when nothing is."""
    try:
        examples_of(text)
    except ValueError as error:
        return str(error)
    return ""

"""Keys of what changes an intent: refinements after the first version, and questions that are open."""

from __future__ import annotations

from telic.intent.keys.key import ID, Key, Keys, must

REFINEMENT = Keys(
    "a refinement",
    "refinement[]",
    (
        ID,
        must("at", "date", "when: 2026-11-21"),
        must("because", "mapping", "why"),
        must("change", "mapping", "what changes and what may not"),
        must("level", "level", "how deep the change may go: wiring, logic, interfaces, services or intent"),
        Key("tried", "list of texts", "what was tried before"),
    ),
)
BECAUSE = Keys(
    "a reason",
    "refinement[].because",
    (
        Key("violated", "id", "what did not hold"),
        Key("trial", "trial id", "in which trial"),
        Key("evidence", "text", "the run that shows it"),
        Key("text", "text", "in words"),
    ),
)
CHANGE = Keys(
    "a change",
    "refinement[].change",
    (
        Key("keep", "list of sections and ids", "what may not change"),
        Key("set", "mapping of path to value", "new values: O1.target: 99.5%"),
    ),
)
QUESTION = Keys(
    "a question",
    "open[]",
    (
        ID,
        must("about", "id or section", "what it concerns"),
        must("question", "text", "what the person has to decide"),
    ),
)

"""What was changed, what a change does, and what changed before something went wrong, near it."""

from telic.context.changes.candidates import Arrival, Candidate, candidates
from telic.context.changes.diff import Diff, Hunk, parse
from telic.context.changes.effect import Effect, Place
from telic.context.changes.effects import Reading, read_effects
from telic.context.changes.frames import Frame, frames
from telic.context.changes.readers import effect_reader
from telic.context.changes.recent import Recent, recent
from telic.context.changes.trouble import TROUBLES, Trouble

__all__ = [
    "TROUBLES",
    "Arrival",
    "Candidate",
    "Diff",
    "Effect",
    "Frame",
    "Hunk",
    "Place",
    "Reading",
    "Recent",
    "Trouble",
    "candidates",
    "effect_reader",
    "frames",
    "parse",
    "read_effects",
    "recent",
]

"""Read, check, question, compare and export an intent."""

from telic.intent.canonical import canonical, intent_hash
from telic.intent.reader import read, read_text

__all__ = ["canonical", "intent_hash", "read", "read_text"]

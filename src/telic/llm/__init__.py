"""Language models behind one door: any server that speaks chat completions; what leaves is redacted, and counted.

Nothing in Telic needs a model. Who asks one gets a `Chat`: an `Endpoint`, one that is `Metered`, or `Recorded` replies.
"""

from __future__ import annotations

from telic.llm.chat import Call, Chat, Function, Message, Reply, Usage
from telic.llm.endpoint import Endpoint
from telic.llm.metered import Metered, Price, Spent
from telic.llm.recorded import Recorded

__all__ = [
    "Call",
    "Chat",
    "Endpoint",
    "Function",
    "Message",
    "Metered",
    "Price",
    "Recorded",
    "Reply",
    "Spent",
    "Usage",
]

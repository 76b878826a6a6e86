"""What happened, where, in which order, connected how: one graph over all signals."""

from telic.context.graph.changed import changed_before, changes_in_words, reported_at
from telic.context.graph.compare import Comparison, compare, compare_earlier, differences
from telic.context.graph.event import Edge, EdgeKind, Node, NodeKind
from telic.context.graph.gather import event_graph
from telic.context.graph.graph import EventGraph
from telic.context.graph.picture import picture
from telic.context.graph.printed import printed
from telic.context.graph.relevant import relevant
from telic.context.graph.words import mentions, words

__all__ = [
    "Comparison",
    "Edge",
    "EdgeKind",
    "EventGraph",
    "Node",
    "NodeKind",
    "changed_before",
    "changes_in_words",
    "compare",
    "compare_earlier",
    "differences",
    "event_graph",
    "mentions",
    "picture",
    "printed",
    "relevant",
    "reported_at",
    "words",
]

"""Types: what each part of a question is (yes/no, number, time, text), and whether the events can answer it."""

from __future__ import annotations

from telic.opportunities.language.algebra import (
    And,
    Arithmetic,
    Attribute,
    Compare,
    Duration,
    Missing,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    Text,
    Truth,
    Value,
    parts,
)
from telic.opportunities.language.place import Written
from telic.opportunities.language.printer import identifier, quoted
from telic.opportunities.language.schema import Schema, near
from telic.opportunities.language.tree import Aggregate, Between, Count, Dwell, Edge, Has, Rate, Selector, Span

Kinds = frozenset[str]
YES_NO, NUMBER, TIME, TEXT = (frozenset({each}) for each in ("yes/no", "number", "time", "text"))
_PLAIN: dict[type[Value], Kinds] = {
    Has: YES_NO,
    Edge: YES_NO,
    Count: NUMBER,
    Rate: NUMBER,
    Span: TIME,
    Between: TIME,
    Dwell: TIME,
    Number: NUMBER,
    Duration: TIME,
    Text: TEXT,
    Truth: YES_NO,
}


class Check:
    """Checks a question against a schema.

    Parameters
    ----------
    strict
        Whether names and values that do not occur are an error; otherwise nothing has them.
    """

    def __init__(self, schema: Schema, written: Written, *, strict: bool = True) -> None:
        self._schema, self._written, self._strict = schema, written, strict
        self._of_event = False

    def kinds(self, node: Value) -> Kinds:
        """Return what a value can be taken for.

        Raises
        ------
        InvalidQuestion
            Parts do not fit together, or there is no such event, attribute or value.
        """
        self._names(node)
        match node:
            case Not():
                return self._need(node.of, YES_NO)
            case And() | Or():
                for each in node.of:
                    self._need(each, YES_NO)
                return YES_NO
            case Compare():
                return self._compare(node)
            case OneOf():
                self._need(node.of, TEXT)
                for text in node.texts:
                    self._label(node.of, text, node)
                return YES_NO
            case Arithmetic():
                return self._arithmetic(node)
            case Attribute():
                return self._attribute(node.name, node)
            case Missing():
                self._attribute(node.attribute, node)
                return YES_NO
            case Aggregate():
                self._aggregate(node)
                return NUMBER
            case _:
                return _PLAIN[type(node)]

    def question(self, node: Value) -> Kinds:
        """Return what the value of a KPI is: a yes or no, a number or a time."""
        found = self.kinds(node)
        if found == TEXT:
            raise self._wrong("a KPI is yes or no, a number or a time, and this is text", node, self._example(node))
        return found

    def need(self, node: Value, kind: Kinds) -> None:
        """Require that a value can be taken for `kind`."""
        self._need(node, kind)

    def _names(self, node: Node) -> None:
        """Check what this node itself names: its noun and its events, with their conditions."""
        noun = getattr(node, "noun", None)
        if noun is not None and not self._schema.is_a_group(noun):
            hint = f"write {self._schema.grouping}, or group the events by {noun} (--by {noun})"
            if ":" in noun:
                hint = "put a space after the colon of a name"
            raise self._wrong(f"groups are called {self._schema.grouping!r} here, not {noun!r}", node, hint)
        for each in parts(node):
            if isinstance(each, Selector):
                self._selector(each)
            elif not isinstance(each, Value):
                self._names(each)

    def _selector(self, node: Selector) -> None:
        for name in node.names:
            if self._strict and name not in self._schema.codes:
                raise self._wrong(f"no event is called {name!r}", node, near(name, self._schema.names))
        if node.where is not None:
            self._of_event = True
            self._need(node.where, YES_NO)
            self._of_event = False

    def _need(self, node: Value, kind: Kinds) -> Kinds:
        found = self.kinds(node)
        if not found & kind:
            wanted, is_a = " or ".join(sorted(kind)), " or ".join(sorted(found))
            raise self._wrong(f"{wanted} is expected here, and this is {is_a}", node, self._example(node))
        return kind

    def _compare(self, node: Compare) -> Kinds:
        left, right = self.kinds(node.left), self.kinds(node.right)
        if not left & right:
            said = f"{' or '.join(sorted(left))} cannot be compared with {' or '.join(sorted(right))}"
            hint = "give a time with its unit, such as 30s" if TIME in (left, right) else "compare what is alike"
            raise self._wrong(said, node, hint)
        if node.op not in ("=", "!=") and not left & right & (NUMBER | TIME):
            raise self._wrong(f"only numbers and times have an order for {node.op}", node, "compare with = or !=")
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, Text):
                self._label(side, other.text, other)
        return YES_NO

    def _arithmetic(self, node: Arithmetic) -> Kinds:
        left = self._need(node.left, NUMBER | TIME) & self.kinds(node.left)
        right = self._need(node.right, NUMBER | TIME) & self.kinds(node.right)
        if node.op in "+-" and left != right:
            raise self._wrong("a number and a time cannot be added", node, "give a time with its unit, such as 30s")
        if node.op == "/":
            if left == NUMBER and right == TIME:
                raise self._wrong("a number is divided by a time", node, "write rate of 'a' per minute")
            return NUMBER if left == right else TIME
        if node.op == "*" and left == right == TIME:
            raise self._wrong("a time cannot be multiplied by a time", node, "multiply it by a number")
        return left | right if node.op in "+-" else (TIME if TIME in (left, right) else NUMBER)

    def _attribute(self, name: str, node: Node) -> Kinds:
        found = self._schema.kinds(name, of_event=self._of_event)
        if found:
            return found
        if name in self._schema.of_events:
            noun = self._schema.grouping
            hint = f"ask about its events: {noun} has any event[{name} = '...']"
            raise self._wrong(f"{name!r} differs between the events of a {noun}", node, hint)
        if name in self._schema.codes:
            hint = f"{self._schema.grouping} has '{name}'"
            raise self._wrong(f"{name!r} is an event, not an attribute", node, hint)
        raise self._wrong(f"no attribute is called {name!r}", node, near(name, self._schema.attributes, identifier))

    def _aggregate(self, node: Aggregate) -> None:
        if node.attribute in self._schema.numbers:
            return
        found = self._attribute(node.attribute, node)
        same = f"{node.attribute!r} is the same for all events of a {self._schema.grouping}"
        hint = f"write {node.attribute} alone" if "number" in found else "name a numeric attribute"
        raise self._wrong(same if "number" in found else f"{node.attribute!r} is no number", node, hint)

    def _label(self, attribute: Value, text: str, node: Node) -> None:
        if not isinstance(attribute, Attribute) or not self._strict:
            return
        labels = self._schema.of_groups.get(attribute.name)
        if labels is None:
            labels = self._schema.of_events.get(attribute.name, ())
        if text not in labels:
            raise self._wrong(f"{attribute.name!r} is never {text!r}", node, near(text, labels))

    def _example(self, node: Node) -> str:
        if isinstance(node, Text) and node.text in self._schema.codes:
            return f"ask {self._schema.grouping} has {quoted(node.text)}"
        if not isinstance(node, Attribute):
            return (
                "compare it, or ask session has ..." if not isinstance(node, Text) else "compare it with an attribute"
            )
        labels = self._schema.of_groups.get(node.name) or self._schema.of_events.get(node.name) or ()
        return f"compare it: {node.name} = '{labels[0]}'" if labels else f"compare it: {node.name} > 0"

    def _wrong(self, message: str, node: Node, hint: str) -> Exception:
        return self._written.mistake(message, node.extent, hint=hint)

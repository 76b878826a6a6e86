"""The patterns that a miner has seen, with their counts, their groups and the templates that they make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from telic.context.logs.examples import MOST, Examples
from telic.context.logs.groups import Group
from telic.context.logs.limits import Limits
from telic.context.logs.masking import MARK, Batch, plain
from telic.context.logs.masking import pattern as pattern_of
from telic.context.logs.names import Named, Names
from telic.context.logs.state import Seen
from telic.context.logs.template import Rendered, Template, pieces, raw_tokens, rendered
from telic.context.logs.tokens import Row, tokens
from telic.context.logs.tree import Cluster, Context

Ids = NDArray[np.int64]
KNOWN = 65_536
"""Shapes, and as many plain ones, whose patterns are remembered for speed."""
_OVERFLOW = 3 * MARK
"""The pattern of what is no longer told apart."""
ROOM = 0.9
"""A miner whose patterns still fill this share of the limit after folding is full."""


class Patterns:
    """Distinct patterns, numbered, and what is known of each; see `telic.context.logs.miner`."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counts: Ids = np.zeros(64, np.int64)
        self.template: Ids = np.full(64, -1, np.int64)
        self.number: dict[str, int] = {}
        self.names = Names()
        self.full = False
        self._text: list[str] = []
        self._row: list[Row] = []
        self._free: list[int] = []
        self._shapes: dict[bytes, int] = {}
        self._known: dict[bytes, int] = {}
        self._examples = Examples()
        self._groups: dict[int, Group] = defaultdict(Group)
        self._grown: set[int] = set()
        self._contexts: Counter[Context] = Counter()
        self._forms: dict[int, dict[int, tuple[str, tuple[int, ...]]]] = defaultdict(dict)

    # meeting lines

    def meet_all(self, batch: Batch) -> Ids:
        """Count the lines of `batch` and return the number of the pattern of each, shape ``(n,)``."""
        known = self._shapes
        if len(known) >= KNOWN:
            known.clear()
        unknown = [each for each in dict.fromkeys(batch.shapes) if each not in known]
        if unknown:
            for shape, alike in zip(unknown, plain(b"\n".join(unknown)).split(b"\n"), strict=True):
                known[shape] = self._meet(alike)
        found = np.array(list(map(known.__getitem__, batch.shapes)), np.int64)
        self.counts += np.bincount(found, minlength=len(self.counts))
        self._examples.learn(found, batch.hashes, batch.lines)
        return found

    def meet_one(self, batch: Batch) -> int:
        """Count the one line of `batch` and return the number of its pattern."""
        number = self._meet(plain(batch.shapes[0]))
        self.counts[number] += 1
        self._examples.add(number, int(batch.hashes[0]), batch.lines[0])
        return number

    @property
    def dropped(self) -> int:
        """Lines whose templates were not told apart for lack of room."""
        number = self.number.get(_OVERFLOW)
        return 0 if number is None else int(self.counts[number])

    def _meet(self, shape: bytes) -> int:
        number = self._known.get(shape)
        if number is None:
            number = self._meet_pattern(pattern_of(shape))
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[shape] = number
        return number

    def _meet_pattern(self, pattern: str) -> int:
        number = self.number.get(pattern)
        if number is not None:
            return number
        row = tokens(pattern, self.limits.tokens)
        group = self._groups[len(row)]
        like = group.match(row)
        if like is not None and like in group.folded:
            return group.rows[like][0]
        if like is None and self.full:
            return self._overflow()
        number = self.insert(pattern, row)
        if like is not None:
            self.template[number] = self.template[group.rows[like][0]]
        else:
            self._begin(group, row, number)
        return number

    def _begin(self, group: Group, row: Row, number: int) -> None:
        cluster = group.begin(row)
        self.template[number] = self.names.of(cluster.key)
        self._shape(int(self.template[number]), cluster, [number])

    def insert(self, pattern: str, row: Row) -> int:
        """Return the number of a new pattern, which has no template yet."""
        if self._free:
            number = self._free.pop()
            self._text[number], self._row[number], self.template[number] = pattern, row, -1
        else:
            number = len(self._text)
            self._text.append(pattern)
            self._row.append(row)
        if number >= len(self.counts):
            self.counts = np.concatenate([self.counts, np.zeros_like(self.counts)])
            self.template = np.concatenate([self.template, np.full_like(self.template, -1)])
        self.number[pattern] = number
        self._examples.forget(number)
        self._groups[len(row)].insert(row, number)
        self._grown.add(len(row))
        return number

    def _overflow(self) -> int:
        number = self.number.get(_OVERFLOW)
        if number is None:
            number = self.insert(_OVERFLOW, (_OVERFLOW,))
            self._begin(self._groups[1], (_OVERFLOW,), number)
        return number

    def match(self, shape: bytes) -> int | None:
        """Return the template of the pattern of a plain `shape`, or None."""
        pattern = pattern_of(shape)
        number = self.number.get(pattern)
        if number is None:
            row = tokens(pattern, self.limits.tokens)
            group = self._groups.get(len(row))
            like = group.match(row) if group else None
            if group is None or like is None:
                return None
            number = group.rows[like][0]
        return int(self.template[number])

    # templates

    def settle(self, arrived: int | None = None) -> None:
        """Cluster again the groups with new rows (with `arrived` lines, those that this many pay for), and fold."""
        changed = [
            length
            for length in sorted(self._grown)
            if arrived is None or arrived >= len(self._groups[length].rows) or self._groups[length].due
        ]
        self._grown.difference_update(changed)
        self._recluster([self._groups[length] for length in changed])
        self._fold([self._groups[length] for length in changed], self.limits.of_template)
        if len(self.number) >= self.limits.patterns and not self.full:
            self._fold(list(self._groups.values()), 1)
            self.full = len(self.number) >= ROOM * self.limits.patterns

    def _recluster(self, groups: list[Group]) -> None:
        changed = {id(group): group for group in groups}
        toggled: set[Context] = set()
        for group in groups:
            before = group.contexts
            group.survey()
            for context in before - group.contexts:
                self._contexts[context] -= 1
                if not self._contexts[context]:
                    del self._contexts[context]
            self._contexts.update(group.contexts - before)
            toggled |= before ^ group.contexts
        for group in self._groups.values() if toggled else ():
            if group.asked & toggled:
                changed[id(group)] = group
        before_keys = [cluster.key for group in changed.values() for cluster in group.found]
        for group in changed.values():
            group.cluster(self._contexts.keys())
        self._name(list(changed.values()), before_keys)

    def _name(self, groups: Iterable[Group], before: list[Row]) -> None:
        members = [
            (cluster, [number for row in cluster.rows for number in group.rows[row]])
            for group in groups
            for cluster in group.found
        ]
        made = []
        for cluster, numbers in members:
            had: Counter[int] = Counter()
            length = len(cluster.rows[0])
            for old, lines in zip(self.template[numbers].tolist(), self.counts[numbers].tolist(), strict=True):
                if old >= 0:
                    had[old] += lines + 1
                    self._forms[old].pop(length, None)
            made.append(Named(cluster.key, had.total(), had))
        for (cluster, numbers), identity in zip(members, self.names.rename(before, made), strict=True):
            self.template[numbers] = identity
            self._shape(identity, cluster, numbers)

    def _shape(self, identity: int, cluster: Cluster, numbers: list[int]) -> None:
        """Keep a pattern and its variable columns for the text; the smallest, so that the order does not matter."""
        form = min(self._text[number] for number in numbers), cluster.variable
        forms, length = self._forms[identity], len(cluster.rows[0])
        forms[length] = min(form, forms.get(length, form))

    def templates(self) -> list[Template]:
        """Return the templates by id."""
        live = np.fromiter(self.number.values(), np.int64, len(self.number))
        totals = np.bincount(self.template[live], weights=self.counts[live], minlength=len(self.names.became))
        members: dict[int, list[int]] = defaultdict(list)
        for number, identity in zip(live.tolist(), self.template[live].tolist(), strict=True):
            members[identity].append(number)
        return [self._template(each, members[each], int(totals[each])) for each in sorted(members)]

    def _template(self, identity: int, numbers: list[int], count: int) -> Template:
        length = min(self._forms[identity])
        shown = self._rendered(identity, length, numbers)
        sample = (self._examples.of(number) for number in numbers)
        _, example = min((each for held in sample for each in held.items()), default=(0, ""))
        return Template(identity, shown.text, count, shown.kinds, example)

    def _rendered(self, identity: int, length: int, numbers: Iterable[int]) -> Rendered:
        pattern, variable = self._forms[identity][length]
        alike = sorted((number for number in numbers if len(self._row[number]) == length), key=self._text.__getitem__)
        some = sorted((hashed, number, line) for number in alike for hashed, line in self._examples.of(number).items())
        raw = [raw_tokens(self._text[number], line, self.limits.tokens) for _, number, line in some[:MOST]]
        wild = {*variable, *self._groups[length].folded.get(self._row[self.number[pattern]], ())}
        return rendered(pattern, wild, raw, self.limits.tokens)

    def values(self, shape: bytes, line: str) -> tuple[int, list[str]] | None:
        """Return the template of a clean `line`, whose plain shape is `shape`, and its values, or None."""
        identity = self.match(shape)
        if identity is None:
            return None
        raw = raw_tokens(pattern_of(shape), line, self.limits.tokens)
        live = [number for number in self.number.values() if self.template[number] == identity]
        return identity, self._rendered(identity, len(raw), live).values(raw)

    # bounds and joining

    def _fold(self, groups: list[Group], most: int) -> None:
        folded = []
        for group in groups:
            large = [cluster for cluster in group.found if len(cluster.rows) > most]
            if sum(self._fold_one(group, cluster) for cluster in large):
                folded.append(group)
        if folded:
            self._known.clear()
            self._shapes.clear()
            self._recluster(folded)

    def _fold_one(self, group: Group, cluster: Cluster) -> bool:
        """Let one pattern stand for all of `cluster`; return whether it could be done."""
        numbers = [number for row in cluster.rows for number in group.rows[row]]
        pattern = min(self._text[number] for number in numbers)
        stands = _blanked(pattern, group.wild(cluster), self.limits.tokens)
        row = tokens(stands, self.limits.tokens)
        if len(row) != len(cluster.rows[0]) or stands in self.number:
            return False
        for number in numbers:
            del self.number[self._text[number]]
        kept = numbers[0]
        self.counts[kept] = self.counts[numbers].sum()
        self.counts[numbers[1:]] = 0
        self._examples.join(numbers, kept)
        self._free.extend(numbers[1:])
        self.number[stands], self._text[kept], self._row[kept] = kept, stands, row
        group.replace(cluster, row, kept)
        return True

    def seen(self) -> Iterator[Seen]:
        """Yield everything seen, by pattern."""
        for pattern, number in sorted(self.number.items()):
            row = self._row[number]
            yield Seen(
                pattern,
                int(self.counts[number]),
                int(self.template[number]),
                self._examples.of(number),
                self._groups[len(row)].folded.get(row),
            )

    def absorb(self, seen: Iterable[Seen], keep_ids: bool) -> None:
        """Take in what another has `seen`; with `keep_ids`, the ids too, which self must not have given out."""
        for each in seen:
            row = tokens(each.pattern, self.limits.tokens)
            number = self.number.get(each.pattern)
            if number is None:
                number = self.insert(each.pattern, row)
                self.template[number] = each.template if keep_ids else -1
            self.counts[number] += each.count
            for hashed, line in each.examples.items():
                self._examples.add(number, hashed, line)
            if each.folded is not None:
                folded = self._groups[len(row)].folded
                columns = {*each.folded, *folded.get(row, ())}
                folded[row] = tuple(sorted(column for column in columns if 0 <= column < len(row)))


def _blanked(pattern: str, columns: Container[int], most: int) -> str:
    """Return `pattern` with a mark for each token at `columns`."""
    found, rest = pieces(pattern, most)
    return "".join([*(each.before + (MARK if each.column in columns else each.token) for each in found), rest])

"""Patterns to templates: alike ones are clustered and named, and clusters that grow too large are folded into one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable

import numpy as np

from telic.context.logs.examples import MOST
from telic.context.logs.groups import Group
from telic.context.logs.held import Held
from telic.context.logs.masking import MARK
from telic.context.logs.names import Named
from telic.context.logs.template import Rendered, Template, pieces, raw_tokens, rendered
from telic.context.logs.tokens import Row, tokens
from telic.context.logs.tree import Cluster, Context

ROOM = 0.9
"""A miner whose patterns still fill this share of the limit after folding is full."""


class Clustered(Held):
    """Patterns and the templates that they make."""

    def _begin(self, group: Group, row: Row, number: int) -> None:
        cluster = group.begin(row)
        self.template[number] = self.names.of(cluster.key)
        self._shape(int(self.template[number]), cluster, [number])

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


def _blanked(pattern: str, columns: Container[int], most: int) -> str:
    """Return `pattern` with a mark for each token at `columns`."""
    found, rest = pieces(pattern, most)
    return "".join([*(each.before + (MARK if each.column in columns else each.token) for each in found), rest])

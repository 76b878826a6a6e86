"""What a system answers when it does what its intent says, kept in dictionaries."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from telic.model.intent import Operation
from telic.worlds.load.knowledge import Knowledge, point_of

Fields = dict[str, object]
MOST = 20  # things in a list [1]


class Reply(NamedTuple):
    """An answer before it is HTTP."""

    status: int
    body: object


class ModelSystem:
    """Every operation of a design's entry service, without services, stores or time.

    Attributes
    ----------
    asked
        How often each operation was asked for.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge, self._ids = knowledge, itertools.count(1)
        self._things: dict[str, dict[str, Fields]] = {}
        self._answers: dict[str, Reply] = {}  # by idempotency key
        self._secrets: dict[str, Fields] = {}
        self._indexes: dict[tuple[str, str], dict[object, list[Fields]]] = {}
        self.asked: dict[str, int] = dict.fromkeys(knowledge.offered, 0)
        for each in knowledge.intent.entities:
            seeds = knowledge.things(each.name).values()
            self._things[each.name] = {one.key: {each.key: one.key, **one.fields} for one in seeds}

    def answer(self, operation: str, body: Fields, *, token: str = "", key: str = "") -> Reply:
        """Answer a request as a right system does."""
        offered = self._knowledge.offered.get(operation)
        if offered is None:
            return Reply(404, {"error": "no such operation"})
        self.asked[operation] += 1
        if key and key in self._answers:
            return self._answers[key]
        intended = self._knowledge.intent.operation(offered.derives[0])
        if (
            intended.auth == "self"
            and intended.kind != "crud"
            and token not in {f"token-{each}" for each in body.values()}
        ):
            return Reply(401, {"error": "unauthorised"})
        kinds: Mapping[str, Callable[[], Reply]] = {
            "geo_search": lambda: self._search(intended, body),
            "reserve": lambda: self._reserve(intended, body),
            "transition": lambda: self._move(intended, body),
            "list_by_ref": lambda: self._list(intended, body),
            "create": lambda: self._create(intended, body),
            "count_by_ref": lambda: Reply(
                200, {"count": len(self._where(intended.on, intended.by, body[intended.by]))}
            ),
            "find_by_prefix": lambda: self._find(intended, str(body["prefix"])),
            "link": lambda: self._link(intended, body),
            "unlink": lambda: self._unlink(intended, body),
            "publish": lambda: self._publish(intended, body),
            "crud": lambda: self._crud(intended, operation.partition("_")[0], body, token),
        }
        reply = kinds[intended.kind]()
        if key:
            self._answers[key] = reply
        return reply

    def _search(self, operation: Operation, body: Fields) -> Reply:
        centre = next((point_of(value) for value in body.values() if isinstance(value, dict) and "lat" in value), None)
        if centre is None:
            field = next(each for each in operation.inputs if each.type.base == "ref")
            of = self._things[field.type.target][str(body[field.name])]
            centre = point_of(of[self._knowledge.field_of(field.type.target, "geo").name])
        radius = next(value for value in body.values() if isinstance(value, float))
        near = self._knowledge.map(operation.on).within(centre, radius)
        found = [self._things[operation.on][key] for key in sorted(near, key=lambda key: near[key])[:MOST]]
        return Reply(200, {"things": found})

    def _reserve(self, operation: Operation, body: Fields) -> Reply:
        state = self._knowledge.field_of(operation.on, "state")
        machine = next(each for each in self._knowledge.intent.states if each.name == state.type.target)
        return self._keep(operation.on, {**body, state.name: machine.initial})

    def _move(self, operation: Operation, body: Fields) -> Reply:
        state = self._knowledge.field_of(operation.on, "state").name
        thing = self._things[operation.on].get(str(next(iter(body.values()))))
        if thing is None:
            return _refused("not_found")
        assert operation.edge is not None
        if thing[state] != operation.edge[0]:
            return _refused(f"already_{thing[state]}")
        thing[state] = operation.edge[1]
        return Reply(200, dict(thing))

    def _list(self, operation: Operation, body: Fields) -> Reply:
        known = self._knowledge.things(operation.on)
        found = list(self._where(operation.on, operation.by, body[operation.by]))
        key = self._knowledge.intent.entity(operation.on).key
        seeded = ((known.get(str(each[key])), each) for each in found)
        since = {id(each): thing.since if thing else float("inf") for thing, each in seeded}
        found.sort(key=lambda each: since[id(each)])  # stable: those made here are in order
        listed = (found if operation.order == "oldest" else found[::-1])[:MOST]
        if operation.show:
            target = self._target(operation.on, operation.show)
            shown = dict.fromkeys(str(each[operation.show]) for each in listed)
            listed = [self._things[target][each] for each in shown if each in self._things[target]]
        return Reply(200, {"things": listed})

    def _find(self, operation: Operation, prefix: str) -> Reply:
        key = self._knowledge.intent.entity(operation.on).key
        places = [
            (str(each[operation.by]).encode().lower(), str(each[key]), each)
            for each in self._things[operation.on].values()
        ]
        found = sorted(each for each in places if each[0].startswith(prefix.encode().lower()))
        return Reply(200, {"things": [each for _, _, each in found[:MOST]]})

    def _link(self, operation: Operation, body: Fields) -> Reply:
        near, far = self._ends(operation.on)
        tied = (each for each in self._where(operation.on, near, body[near]) if each[far] == body[far])
        known = next(tied, None)
        return Reply(200, dict(known)) if known else self._keep(operation.on, body)

    def _unlink(self, operation: Operation, body: Fields) -> Reply:
        near, far = self._ends(operation.on)
        gone = [each for each in self._where(operation.on, near, body[near]) if each[far] == body[far]]
        for each in gone:
            del self._things[operation.on][str(each[self._knowledge.intent.entity(operation.on).key])]
            for (of, field), index in self._indexes.items():
                if of == operation.on:
                    index[each[field]].remove(each)
        return Reply(200, {"removed": bool(gone)})

    def _publish(self, operation: Operation, body: Fields) -> Reply:
        entries, _, reader = operation.deliver.partition(".")
        links, _, followed = operation.through.partition(".")
        author = next(name for name in body if self._target(operation.on, name) == self._target(links, followed))
        follower = next(each for each in self._ends(links) if each != followed)
        thing = next(each for each in self._ends(entries) if each != reader)
        made = self._keep(operation.on, body)
        assert isinstance(made.body, dict)
        key = made.body[self._knowledge.intent.entity(operation.on).key]
        for each in self._where(links, followed, body[author]):
            self._keep(entries, {reader: each[follower], thing: key})
        return made

    def _ends(self, entity: str) -> list[str]:
        return [each.name for each in self._knowledge.intent.entity(entity).fields if each.type.base == "ref"]

    def _target(self, entity: str, field: str) -> str:
        fields = self._knowledge.intent.entity(entity).fields
        return next((each.type.target for each in fields if each.name == field), "")

    def _create(self, operation: Operation, body: Fields) -> Reply:
        if operation.requires:
            found = re.fullmatch(r"has_([a-z]+)_[a-z]+\((.*)\)", operation.requires)
            assert found is not None
            names = [each.strip() for each in found[2].split(",")]
            entity = next(each.on for each in self._knowledge.intent.operations if each.kind == "reserve")
            state = self._knowledge.field_of(entity, "state").name
            wanted = {state: found[1], **{name: body[name] for name in names}}
            candidates = map(_hashable, self._where(entity, names[0], body[names[0]]))
            if not any(wanted.items() <= each.items() for each in candidates):
                return _refused("not_allowed")
        return self._keep(operation.on, body)

    def _crud(self, operation: Operation, verb: str, body: Fields, token: str) -> Reply:
        things, key = self._things[operation.on], self._knowledge.intent.entity(operation.on).key
        secrets = {
            each.name for each in self._knowledge.intent.entity(operation.on).fields if each.type.base == "secret"
        }
        if verb == "create":
            reply = self._keep(operation.on, {name: value for name, value in body.items() if name not in secrets})
            assert isinstance(reply.body, dict)
            self._secrets[reply.body[key]] = body
            return reply
        if verb == "login":
            found = next((name for name, made in self._secrets.items() if body.items() <= made.items()), None)
            return Reply(200, {"user": found, "token": f"token-{found}"}) if found else _refused("not_authorised")
        own = str(next(iter(body.values())))
        if operation.auth == "self" and token != f"token-{own}":
            return Reply(401, {"error": "unauthorised"})
        if own not in things:
            return _refused("not_found")
        if verb == "delete":
            del things[own]
            return Reply(200, {"deleted": True})
        things[own].update({name: value for name, value in list(body.items())[1:] if name not in secrets})
        return Reply(200, dict(things[own]))

    def _keep(self, entity: str, fields: Fields) -> Reply:
        key = self._knowledge.intent.entity(entity).key
        made = {key: f"{entity.lower()}-new-{next(self._ids)}", **fields}
        self._things[entity][str(made[key])] = made
        for (of, field), index in self._indexes.items():
            if of == entity:
                index[made[field]].append(made)
        return Reply(200, dict(made))

    def _where(self, entity: str, field: str, value: object) -> list[Fields]:
        if (entity, field) not in self._indexes:
            index = self._indexes[entity, field] = defaultdict(list)
            for each in self._things[entity].values():
                index[each[field]].append(each)
        return self._indexes[entity, field][value]


def _refused(error: str) -> Reply:
    return Reply(422, {"error": error, "message": error})


def _hashable(thing: Fields) -> Fields:
    return {name: value for name, value in thing.items() if isinstance(value, str | int)}

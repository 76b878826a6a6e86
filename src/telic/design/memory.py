"""How a memory store finds things: one dictionary for each question that the SQL store has an index for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from telic.design.parts import Part
from telic.design.plan import EntityPlan


@dataclass(frozen=True)
class MemoryIndex:
    """Keys of things by what is asked for."""

    entity: str
    name: str  # reviews_by_hotel
    type: str  # of what is asked for
    fields: tuple[str, ...]
    cell: bool = False  # the field is a place, and its cell is asked for
    unique: bool = False  # there is one thing at most
    folded: bool = False  # the field is a text, capital letters of ASCII count as small ones

    def of(self, thing: str) -> str:
        """Return the expression of what `thing`, an expression too, is found by.

        Examples
        --------
        >>> MemoryIndex("Booking", "bookings_by_user_hotel", "tuple[str, str]", ("user", "hotel")).of("each")
        '(each.user, each.hotel)'
        """
        values = [f"{thing}.{each}" for each in self.fields]
        if self.cell:
            return f"cell_of({values[0]}.lat, {values[0]}.lon)"
        if self.folded:
            return f"{values[0]}.encode().lower()"
        return values[0] if len(values) == 1 else f"({', '.join(values)})"

    @property
    def declaration(self) -> str:
        """Its line in a constructor."""
        kept = "str" if self.unique else "dict[str, None]"
        return f"self._{self.name}: dict[{self.type}, {kept}] = {{}}"


def memory_indexes(parts: Iterable[Part]) -> list[MemoryIndex]:
    """Return the indexes that `parts` ask for, each once."""
    return list(dict.fromkeys(each for part in parts for each in _indexes(part)))


def _indexes(part: Part) -> Iterator[MemoryIndex]:
    entity, facts = part.entity, part.facts
    if part.kind == "in_cells":
        place = str(facts["place"])
        yield MemoryIndex(entity.name, f"{entity.many}_by_{place}_cell", "int", (place,), cell=True)
    elif part.kind in ("list", "count", "ends"):
        yield MemoryIndex(entity.name, f"{entity.many}_by_{facts['by']}", "str", (str(facts["by"]),))
    elif part.kind == "prefix":
        yield MemoryIndex(
            entity.name, f"{entity.many}_by_{facts['by']}_prefix", "bytes", (str(facts["by"]),), folded=True
        )
    elif part.kind in ("link", "unlink"):
        yield _pair(entity, facts["ends"])
    elif part.kind == "deliver":
        delivery = facts["delivery"]
        assert isinstance(delivery, dict)
        yield _pair(entity, [delivery["reader"], delivery["thing"]])
    elif part.kind == "has_state":
        names = facts["names"]
        assert isinstance(names, list)
        kind = "str" if len(names) == 1 else f"tuple[{', '.join(['str'] * len(names))}]"
        yield MemoryIndex(entity.name, f"{entity.many}_by_{'_'.join(names)}", kind, tuple(names))
    elif part.kind == "charge":
        yield MemoryIndex(entity.name, f"{entity.one}_of_{facts['link']}", "str", (str(facts["link"]),), unique=True)
    elif facts.get("secret") and facts.get("email"):
        yield MemoryIndex(entity.name, f"{entity.one}_of_{facts['email']}", "str", (str(facts["email"]),), unique=True)


def _pair(entity: EntityPlan, names: object) -> MemoryIndex:
    assert isinstance(names, list)
    return MemoryIndex(entity.name, f"{entity.one}_of_{'_'.join(names)}", "tuple[str, str]", tuple(names), unique=True)

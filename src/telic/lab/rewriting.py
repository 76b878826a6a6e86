"""Larger edits of a release's source, by its syntax tree: a handler wrapped, a field renamed, an operation left out."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.errors import InvalidDesign
from telic.lab.sources import class_of_operation, file_named

_FUTURE = "from __future__ import annotations\n"
Edits = dict[str, str]  # path in the release to its new text
_NUMBERS = ("int", "float")


@dataclass(frozen=True)
class Listing:
    """A reply that lists things: its type, the field with the list, and what each thing has."""

    reply: str
    field: str
    item: Mapping[str, str]  # fields of one thing to their annotations, in order
    alone: bool  # the reply has no other field

    def numbers(self) -> list[str]:
        """Return the fields of a thing that are numbers."""
        return [name for name, kind in self.item.items() if kind in _NUMBERS]

    def having(self, kind: str) -> list[str]:
        """Return the fields of a thing with exactly this annotation."""
        return [name for name, each in self.item.items() if each == kind]


def answering(files: Mapping[str, str], operation: str) -> tuple[str, ast.ClassDef, ast.AsyncFunctionDef]:
    """Return the path of the handlers, the class that answers `operation`, and its ``__call__``."""
    path, owner = file_named(files, "handlers.py"), class_of_operation(files, operation)
    for node in ast.parse(files[path], filename=path).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for each in node.body:
                if isinstance(each, ast.AsyncFunctionDef) and each.name == "__call__":
                    return path, node, each
    raise InvalidDesign(f"{path} has no {owner}.__call__", hint=f"a class that answers {operation} is expected")


def uses(node: ast.AST, name: str) -> bool:
    """Whether `name` is read in `node`, as a variable or as an attribute."""
    return any(
        (isinstance(each, ast.Name) and each.id == name) or (isinstance(each, ast.Attribute) and each.attr == name)
        for each in ast.walk(node)
    )


def require_read(files: Mapping[str, str], operation: str) -> None:
    """Raise `InvalidDesign` unless the service says that `operation` only reads."""
    given = {each.arg: each.value for each in _wired(files, operation)[1].keywords}
    reads = given.get("read")
    if not (isinstance(reads, ast.Constant) and reads.value is True):
        raise InvalidDesign(f"{operation} does not only read", hint="choose an operation with read=True")


def listing(files: Mapping[str, str], operation: str) -> Listing:
    """Return what the reply of `operation` lists; raise `InvalidDesign` where it lists no things."""
    _, _, call = answering(files, operation)
    reply = ast.unparse(call.returns).rpartition(".")[2] if call.returns else ""
    known = structs(files)
    fields = known.get(reply, {})
    for name, kind in fields.items():
        item = kind.removeprefix("list[").removesuffix("]")
        if kind.startswith("list[") and item in known:
            return Listing(reply, name, known[item], len(fields) == 1)
    raise InvalidDesign(f"the reply of {operation} lists no things", hint=f"{reply or 'it'} needs a field list[...]")


def structs(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the fields of every class in ``messages.py``, with their annotations as written."""
    path = file_named(files, "messages.py")
    return {
        node.name: {
            each.target.id: ast.unparse(each.annotation)
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        for node in ast.parse(files[path], filename=path).body
        if isinstance(node, ast.ClassDef)
    }


def with_around(
    files: Mapping[str, str],
    operation: str,
    lines: Sequence[str],
    *,
    imports: Sequence[str] = (),
    above: Sequence[str] = (),
) -> Edits:
    """Return the edit after which `lines` answer `operation`; ``self._answer(request, context)`` is what did before.

    Parameters
    ----------
    imports
        Lines for the head of the module, where it does not have them.
    above
        Lines of the module before the class.
    """
    path, owner, call = answering(files, operation)
    rows = files[path].splitlines(keepends=True)
    at = call.lineno - 1
    gives = f" -> {ast.unparse(call.returns)}" if call.returns else ""
    indent = " " * call.col_offset
    said = ast.get_docstring(call)
    body = [f'"""{said}"""'] if said else []
    made = [f"{indent}async def __call__({ast.unparse(call.args)}){gives}:\n"]
    made += [f"{indent}    {each}\n" if each else "\n" for each in (*body, *lines)]
    rows[at] = rows[at].replace("async def __call__(", "async def _answer(", 1)
    rows[at:at] = [*made, "\n"]
    first = owner.lineno - 1
    if above:
        rows[first:first] = [*(f"{each}\n" if each else "\n" for each in above), "\n", "\n"]
    return {path: with_imports("".join(rows), imports)}


def with_imports(text: str, imports: Sequence[str]) -> str:
    """Return `text` with import lines that it does not have yet."""
    new = "".join(f"{each}\n" for each in imports if f"\n{each}\n" not in text)
    if not new:
        return text
    return text.replace(_FUTURE, f"{_FUTURE}\n{new}", 1) if _FUTURE in text else f"{new}\n{text}"


def with_struct(files: Mapping[str, str], name: str, keyword: str = "", field: str = "") -> Edits:
    """Return the edit that gives a class of ``messages.py`` another keyword, or one more field at its end."""
    path = file_named(files, "messages.py")
    for node in ast.parse(files[path], filename=path).body:
        if isinstance(node, ast.ClassDef) and node.name == name and node.bases:
            rows = files[path].splitlines(keepends=True)
            if field:
                rows.insert(node.end_lineno or node.lineno, f"    {field}\n")
            if keyword:
                last = [*node.bases, *(each.value for each in node.keywords)][-1]
                row, column = (last.end_lineno or 1) - 1, last.end_col_offset or 0
                data = rows[row].encode()
                rows[row] = (data[:column] + f", {keyword}".encode() + data[column:]).decode()
            return {path: "".join(rows)}
    raise InvalidDesign(f"{path} has no class {name}", hint="a message of the operation is expected")


def reply_of(files: Mapping[str, str], operation: str) -> str:
    """Return the name of the reply of `operation`."""
    _, _, call = answering(files, operation)
    found = ast.unparse(call.returns).rpartition(".")[2] if call.returns else ""
    if found not in structs(files):
        raise InvalidDesign(f"the reply of {operation} is no message", hint="a class of messages.py is expected")
    return found


def with_called(files: Mapping[str, str], operation: str, instead: str) -> Edits:
    """Return the edit after which a client calls `instead` where it called `operation`."""
    path = file_named(files, "clients.py")
    calls = [
        node.args[0]
        for node in ast.walk(ast.parse(files[path], filename=path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "call"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == operation
    ]
    if not calls:
        raise InvalidDesign(f"{path} does not call {operation}", hint="choose an operation that this service asks for")
    rows = files[path].splitlines(keepends=True)
    for each in sorted(calls, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        data = rows[each.lineno - 1].encode()
        new = data[: each.col_offset] + f'"{instead}"'.encode() + data[each.end_col_offset :]
        rows[each.lineno - 1] = new.decode()
    return {path: "".join(rows)}


def without_operation(files: Mapping[str, str], operation: str) -> Edits:
    """Return the edit after which a service does not offer `operation`."""
    path, node = _wired(files, operation)
    rows = files[path].splitlines(keepends=True)
    del rows[node.lineno - 1 : node.end_lineno]
    return {path: "".join(rows)}


def one_by_key(files: Mapping[str, str]) -> str:
    """Return the method of the store that gives one thing by its key."""
    path = file_named(files, "store.py")
    for node in ast.parse(files[path], filename=path).body:
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            if not isinstance(each, ast.AsyncFunctionDef) or [one.arg for one in each.args.args] != ["self", "key"]:
                continue
            if each.returns is not None and ast.unparse(each.returns).endswith("| None"):
                return each.name
    raise InvalidDesign(f"{path} gives nothing by its key", hint="choose another service")


def _wired(files: Mapping[str, str], operation: str) -> tuple[str, ast.Call]:
    """Return the path of ``app.py`` and its ``Operation(...)`` of a name."""
    path = file_named(files, "app.py")
    for node in ast.walk(ast.parse(files[path], filename=path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Operation" and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and name.value == operation:
                return path, node
    raise InvalidDesign(f"{path} offers no {operation}", hint="choose an operation of this service")

"""Reading and editing the source of a release: statements of a store, methods of handlers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from telic.errors import InvalidDesign

_READ = re.compile(r"^\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_WRITE = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|LOCK|FOR\s+(?:UPDATE|SHARE|NO\s+KEY\s+UPDATE))\b", re.IGNORECASE)


@dataclass(frozen=True)
class FoundStatement:
    """A ``Statement(...)`` constant in a source file."""

    path: str
    name: str
    sql: str
    table: str
    span: tuple[int, int]  # the SQL literal, in bytes of the file

    @property
    def reads(self) -> bool:
        """Whether it only reads and takes no lock."""
        return bool(_READ.match(self.sql)) and not _WRITE.search(self.sql)

    def touches(self, table: str) -> bool:
        """Whether it names `table` (``schema.table``)."""
        return self.table == table or re.search(rf"\b{re.escape(table)}\b", self.sql, re.IGNORECASE) is not None


def file_named(files: Mapping[str, str], name: str) -> str:
    """Return the path in a release that ends in `name` (``store.py``)."""
    found = sorted(path for path in files if path.rsplit("/", 1)[-1] == name)
    if not found:
        raise InvalidDesign(f"the release has no {name}", hint=f"it has {', '.join(sorted(files)) or 'no files'}")
    return found[0]


def statements(files: Mapping[str, str]) -> list[FoundStatement]:
    """Return every statement constant in the Python files of a release, in order."""
    return [each for path in sorted(files) if path.endswith(".py") for each in _statements_of(path, files[path])]


def _statements_of(path: str, text: str) -> Iterator[FoundStatement]:
    starts = _line_starts(text)
    for node in ast.walk(ast.parse(text, filename=path)):
        if not isinstance(node, ast.Call) or _last_name(node.func) != "Statement":
            continue
        given = dict(zip(("name", "sql", "cost", "table"), node.args, strict=False))
        given |= {each.arg: each.value for each in node.keywords if each.arg}
        sql = given.get("sql")
        if isinstance(sql, ast.Constant) and isinstance(sql.value, str):
            span = (_offset(starts, sql.lineno, sql.col_offset), _offset(starts, sql.end_lineno, sql.end_col_offset))
            yield FoundStatement(path, _text(given.get("name")), sql.value, _text(given.get("table")), span)


def with_sql(files: Mapping[str, str], statement: FoundStatement, sql: str) -> str:
    """Return the text of the statement's file with its SQL replaced."""
    source = files[statement.path].encode()
    start, end = statement.span
    visible = all(each.isprintable() or each == "\n" for each in sql)
    plain = visible and '"""' not in sql and "\\" not in sql and not sql.endswith('"')
    literal = f'"""{sql}"""' if plain else repr(sql)
    return (source[:start] + literal.encode() + source[end:]).decode()


def with_first_lines(text: str, class_name: str, method: str, lines: list[str]) -> str:
    """Return `text` with `lines` put before the first statement of a method (after its docstring)."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for each in node.body:
                if isinstance(each, ast.AsyncFunctionDef | ast.FunctionDef) and each.name == method:
                    return _insert(text, each, lines)
    raise InvalidDesign(f"no {class_name}.{method} in the source", hint="a class an operation is expected")


def with_function_lines(text: str, name: str, lines: list[str]) -> str:
    """Return `text` with `lines` put before the first statement of a function of the module (after its docstring)."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _insert(text, node, lines)
    raise InvalidDesign(f"no function {name} in the source", hint="a module that a service carries is expected")


def _insert(text: str, function: ast.AsyncFunctionDef | ast.FunctionDef, lines: list[str]) -> str:
    body = function.body[1:] if ast.get_docstring(function) is not None and len(function.body) > 1 else function.body
    rows = text.splitlines(keepends=True)
    indent = " " * body[0].col_offset
    at = body[0].lineno - 1
    return "".join([*rows[:at], *(f"{indent}{each}\n" for each in lines), *rows[at:]])


def class_of_operation(files: Mapping[str, str], operation: str) -> str:
    """Return the handler class of `operation`: what ``app.py`` wires, else its name in capitals.

    Examples
    --------
    >>> class_of_operation({}, "search_hotels")
    'SearchHotels'
    """
    app = next((files[path] for path in sorted(files) if path.endswith("app.py")), "")
    for node in ast.walk(ast.parse(app)):
        if isinstance(node, ast.Call) and _last_name(node.func) == "Operation" and len(node.args) >= 4:
            handler = node.args[3]
            if _text(node.args[0]) == operation and isinstance(handler, ast.Call):
                return _last_name(handler.func)
    return "".join(part.capitalize() for part in operation.split("_"))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(starts: list[int], line: int | None, column: int | None) -> int:
    return starts[(line or 1) - 1] + (column or 0)

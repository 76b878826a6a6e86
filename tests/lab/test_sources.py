"""Sources are read and edited in place, whatever their layout."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import InvalidDesign
from telic.lab.sources import class_of_operation, file_named, statements, with_first_lines, with_sql

LAYOUTS = [
    'Q = Statement("s.q", "SELECT 1")',
    'Q = Statement(name="s.q", sql="SELECT 1", table="s.t")',
    'Q = runtime.Statement(\n    "s.q",\n    """\n    SELECT 1\n    """,\n)',
    'Q = Statement("s.q", "SELECT " "1")',
    'ä = "ü"; Q = Statement("s.q", ("SELECT "\n   "1"))',
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_a_statement_is_found_and_replaced_in_every_layout(text: str) -> None:
    (found,) = statements({"store.py": text})
    assert (found.name, found.sql.split(), found.reads) == ("s.q", ["SELECT", "1"], True)
    (again,) = statements({"store.py": with_sql({"store.py": text}, found, "SELECT 2")})
    assert (again.name, again.sql, again.table) == (found.name, "SELECT 2", found.table)


@given(st.text(st.characters(codec="utf-8")))
def test_any_sql_survives_the_edit(sql: str) -> None:
    text = 'ß = "ß"\nQ = Statement("s.q", "SELECT 1", table="s.t")\n'
    (found,) = statements({"store.py": text})
    (again,) = statements({"store.py": with_sql({"store.py": text}, found, sql)})
    assert again.sql == sql


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE s.t SET a = 1",
        "SELECT * FROM s.t FOR UPDATE",
        "WITH gone AS (DELETE FROM s.t RETURNING 1) SELECT * FROM gone",
        "INSERT INTO s.t VALUES (1)",
    ],
)
def test_what_writes_or_locks_is_no_read(sql: str) -> None:
    (found,) = statements({"store.py": f"Q = Statement('s.q', {sql!r})"})
    assert not found.reads
    assert found.touches("s.t")
    assert not found.touches("s.tt")
    assert not found.touches("t.t")


def test_lines_go_after_the_docstring_of_the_right_method() -> None:
    text = (
        "class A:\n    async def __call__(self):\n        return 1\n\n\n"
        'class B:\n    async def __call__(self):\n        """Do."""\n        return 2\n'
    )
    edited = with_first_lines(text, "B", "__call__", ["x = 1", "del x"])
    assert edited.replace("        x = 1\n        del x\n", "") == text
    assert ast.get_docstring(ast.parse(edited).body[1].body[0]) == "Do."  # type: ignore[attr-defined]
    with pytest.raises(InvalidDesign, match=r"no C\.__call__"):
        with_first_lines(text, "C", "__call__", [])


def test_the_handler_of_an_operation_is_what_app_wires() -> None:
    app = 'x = Operation("near", In, Out, handlers.FindNear(store), read=True)'
    assert class_of_operation({"services/s/app.py": app}, "near") == "FindNear"
    assert class_of_operation({"services/s/app.py": app}, "hold_room") == "HoldRoom"


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InvalidDesign, match=r"no store\.py") as caught:
        file_named({"services/s/app.py": ""}, "store.py")
    assert caught.value.hint == "it has services/s/app.py"

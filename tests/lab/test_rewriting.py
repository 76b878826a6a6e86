"""Larger edits leave a release that is Python, does what it did where it is not meant, and say where they cannot."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tests.lab.conftest import FILES

from telic.errors import InvalidDesign
from telic.lab import rewriting

OPERATION = "find"


@pytest.fixture
def files() -> Mapping[str, str]:
    return {f"services/hotel/{name}": text.replace("{service}", "hotel") for name, text in FILES.items()}


def run(text: str) -> Mapping[str, Any]:
    scope: dict[str, Any] = {}
    exec(compile(text, "handlers.py", "exec"), scope)
    return scope


def test_lines_around_answer_and_what_did_before_is_there(files: Mapping[str, str]) -> None:
    lines = ["reply = await self._answer(request, context)", "return (reply, zlib.crc32(reply.encode()) > 0, _SEEN)"]
    above = ["_SEEN: list[str] = []"]
    (edited,) = rewriting.with_around(files, OPERATION, lines, imports=["import zlib"], above=above).values()
    scope = run(edited)
    assert asyncio.run(scope["Find"](None)(None, None)) == ("rows", True, [])
    assert asyncio.run(scope["TakeRow"]()(None, None)) == "taken"
    assert ast.unparse(ast.parse(edited).body[2]) == "import zlib"


def test_an_import_that_is_there_is_not_written_again(files: Mapping[str, str]) -> None:
    text = next(text for path, text in files.items() if path.endswith("handlers.py"))
    once = rewriting.with_imports(text, ["import zlib"])
    assert rewriting.with_imports(once, ["import zlib"]) == once
    assert rewriting.with_imports("x = 1\n", ["import zlib"]).startswith("import zlib\n")


def test_a_listing_says_what_a_reply_has(files: Mapping[str, str]) -> None:
    found = rewriting.listing(files, OPERATION)
    assert (found.reply, found.field, found.alone) == ("FindReply", "rows", True)
    assert found.numbers() == ["rooms"]
    assert found.having("Geo") == ["loc"]
    with pytest.raises(InvalidDesign, match="the reply of take lists no things"):
        rewriting.listing(files, "take")


def test_a_field_is_renamed_on_the_wire_only(files: Mapping[str, str]) -> None:
    (edited,) = rewriting.with_struct(files, "FindReply", keyword='rename={"rows": "items"}').values()
    assert 'class FindReply(Struct, frozen=True, rename={"rows": "items"}):' in edited
    (longer,) = rewriting.with_struct(files, "FindReply", field='outline: str = ""').values()
    known = rewriting.structs({"messages.py": longer})
    assert known["FindReply"] == {"rows": "list[Row]", "outline": "str"}
    with pytest.raises(InvalidDesign, match="no class Unheard"):
        rewriting.with_struct(files, "Unheard", field="x: int = 0")


def test_an_operation_that_is_left_out_is_the_only_one(files: Mapping[str, str]) -> None:
    (edited,) = rewriting.without_operation(files, OPERATION).values()
    ast.parse(edited)
    assert '"find"' not in edited
    assert '"take"' in edited
    with pytest.raises(InvalidDesign, match="offers no pay"):
        rewriting.without_operation(files, "pay")


def test_a_client_calls_another_operation(files: Mapping[str, str]) -> None:
    (edited,) = rewriting.with_called(files, OPERATION, "find_v2").values()
    assert 'self._client.call("find_v2", request' in edited
    with pytest.raises(InvalidDesign, match="does not call pay"):
        rewriting.with_called(files, "pay", "pay_v2")


def test_only_reads_are_asked_twice(files: Mapping[str, str]) -> None:
    rewriting.require_read(files, OPERATION)
    with pytest.raises(InvalidDesign, match="take does not only read"):
        rewriting.require_read(files, "take")


def test_the_store_names_its_getter(files: Mapping[str, str]) -> None:
    assert rewriting.one_by_key(files) == "row"
    with pytest.raises(InvalidDesign, match="gives nothing by its key"):
        rewriting.one_by_key({"store.py": "class Store:\n    pass\n"})

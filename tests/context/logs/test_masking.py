"""Masks: what is evidently a value, and that masking a line loses nothing of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.context.logs.masking import MARK, Cleaned, clean, pattern, plain, ready, values

LIKE_LOGS = st.text(st.sampled_from("0123456789abcdefxyzGET :.-_/=,;()[]{}<>\"'@%#\\\u00e9"), max_size=60)


def masked(line: str) -> str:
    return pattern(plain(ready([line], 1000, Cleaned()).shapes[0]))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("took 12 ms", "took * ms"),
        ("took -1.5s, <1 sec", "took *, * sec"),
        ("10.0.0.1:80 to host-7:8080", "*:* to host-*:*"),
        ("id 4f3c2a1b9d of 54fadb41-2c4e-40cd-baed-9335e4c35a9e", "id * of *"),
        ("aa:bb:0c:1d:ee:ff up, fe80::5054:ff:fe1c:3d67 down", "* up, * down"),
        ("GET /a/b?c=1 from https://a.example/x", "GET * from https://*"),
        (r"open C:\Windows\x.dll failed", "open * failed"),
        ("at 2024-05-01T10:00:00.123Z on Sun Jul 9", "at *T*Z on * * *"),
        ("stations [kyiv, lviv], [one]", "stations [*], [one]"),
        ("blk_-77 of task_14_m_2", "blk_* of task_*_m_*"),
        ("0xDEADbeef at ffff", "* at ffff"),
        ("no values here: face, bad, Sunday, Mayor", "no values here: face, bad, Sunday, Mayor"),
    ],
)
def test_what_is_evidently_a_value_is_masked(line: str, expected: str) -> None:
    assert masked(line).replace(MARK, "*") == expected


@settings(max_examples=200, deadline=None)
@given(LIKE_LOGS)
def test_values_put_back_into_the_pattern_give_the_line(line: str) -> None:
    parts, found = masked(line).split(MARK), values(line)
    assert len(found) == len(parts) - 1
    assert parts[0] + "".join(value + part for value, part in zip(found, parts[1:], strict=True)) == line


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_cleaned_line_is_one_printable_line(line: str) -> None:
    cleaned = clean(line, 40, Cleaned())
    assert len(cleaned) <= 40
    assert "\n" not in cleaned
    assert MARK not in cleaned
    cleaned.encode()


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_a_batch_has_the_shapes_of_its_lines(lines: list[str]) -> None:
    one_by_one = [ready([each], 1000, Cleaned()).shapes[0] for each in lines]
    assert ready(lines, 1000, Cleaned()).shapes == one_by_one

"""A file of questions: read, refused at the place, written back the same, and asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.language.test_answers import SHOP
from tests.opportunities.language.trees import texts, values

from telic.errors import UsageError
from telic.opportunities.language import Kpi, Stated, kpi
from telic.opportunities.language.file import Document, read, read_text, stated, write
from telic.opportunities.language.settings import Setting
from telic.opportunities.model import Exclusion
from telic.opportunities.template import Asking

GOOD = """\
opportunities: v1
kpis:
  converted: session has 'paid' within 10m of 'buy'
  failed: "session has 'error' (harm)"
hypotheses:
  - stuck: session has 'retry' repeated 2 times
  - session has no 'look'
  - "rich: sum of price > 3"
  - session has 'buy' or session has no 'buy'
templates:
  ngrams: {k: 2, ignore: [look], mapping: {error: trouble, retry: trouble}}
  until:
"""


def test_a_file_is_read() -> None:
    found = read_text(GOOD)
    assert [each.name for each in found.kpis] == ["converted", "failed"]
    assert [each.name for each in found.hypotheses] == ["stuck", "", "rich", ""]
    assert found.templates == {
        "ngrams": {"k": 2, "ignore": ("look",), "mapping": {"error": "trouble", "retry": "trouble"}},
        "until": {},
    }
    assert [name for name, _ in found.made()] == ["ngrams", "until"]
    assert read_text(write(found)) == found


def test_an_empty_name_is_refused_rather_than_written_as_another() -> None:
    with pytest.raises(UsageError, match="empty name"):
        write(Document((), (), {"ngrams": {"mapping": {"": "a"}}}, {}))


settings_of_templates: dict[str, st.SearchStrategy[dict[str, Setting]]] = {
    "ngrams": st.fixed_dictionaries(
        {},
        optional={
            "k": st.integers(1, 8),
            "ignore": st.lists(texts, max_size=3).map(tuple),
            "mapping": st.dictionaries(texts.filter(bool), texts, max_size=2),
        },
    ),
    "then-no": st.fixed_dictionaries({}, optional={"usual": st.floats(0, 0.9), "within": st.just("10m")}),
    "retries": st.just({"times": (2, 7)}),
    "agents": st.fixed_dictionaries({}, optional={"always": st.booleans()}),
}


@st.composite
def documents(draw: st.DrawFn) -> Document:
    names = draw(st.lists(st.sampled_from(["one", "two", "a name", "x:y", "#", "'"]), unique=True, max_size=4))
    kpis = tuple(Kpi(name, draw(values()), None, draw(st.sampled_from([-1, 0, 1]))) for name in names[:2])
    hypotheses = tuple(Stated(name, draw(values())) for name in names[2:])
    chosen = draw(st.lists(st.sampled_from(sorted(settings_of_templates)), unique=True, max_size=2))
    return Document(kpis, hypotheses, {name: draw(settings_of_templates[name]) for name in chosen})


@settings(max_examples=12, deadline=None)
@given(documents())
def test_a_file_is_read_as_it_was_written(document: Document) -> None:
    assert read_text(write(document)) == document


@pytest.mark.parametrize(
    ("text", "place", "says", "hint"),
    [
        ("", "1:1", "empty", "opportunities: v1"),
        ("kpis: [", "1:8", "not YAML", ""),
        ("- a", "1:1", "no mapping", "opportunities: v1"),
        ("kpis: {}\n", "1:1", "should say opportunities: v1", "first line"),
        ("opportunities: v2\n", "1:16", "should say opportunities: v1", ""),
        ("opportunities: v1\nkpi: {}\n", "2:1", "'kpi' is not known", "'kpis'"),
        ("opportunities: v1\nkpis: session has 'a'\n", "2:7", "a list or a mapping", "- converted"),
        ("opportunities: v1\nkpis:\n  paid: session has 'a' wihtin 3s of 'b'\n", "3:25", "should be over", "among"),
        ("opportunities: v1\nkpis:\n  - \"paid: session haz 'a'\"\n", "3:20", "should be over", "among"),
        ("opportunities: v1\nkpis:\n  paid: 'paid: x = 1'\n", "3:9", "two names", "leave one out"),
        ("opportunities: v1\nkpis: {a: x = 1}\nhypotheses: {a: x = 1}\n", "3:14", "called 'a'", "its own"),
        ("opportunities: v1\nkpis:\n  a:\n", "3:3", "a question is expected", "session has"),
        ("opportunities: v1\nkpis:\n  a: [b]\n", "3:6", "a question is expected", "session has"),
        ("opportunities: v1\nkpis: {a: x = 1, a: x = 2}\n", "2:18", "'a' is here twice", "leave"),
        ("opportunities: v1\ntemplates: [ngrams]\n", "2:12", "a mapping of templates", "k: 4"),
        ("opportunities: v1\ntemplates: {ngram: {}}\n", "2:13", "no template is called 'ngram'", "'ngrams'"),
        ("opportunities: v1\ntemplates: {ngrams: 3}\n", "2:21", "parameters are expected", "'k': 3"),
        ("opportunities: v1\ntemplates: {ngrams: {n: 3}}\n", "2:22", "no parameter 'n'", "known"),
        ("opportunities: v1\ntemplates: {ngrams: {k: x}}\n", "2:25", "'x' is no whole number", "such as 4"),
        ("opportunities: v1\ntemplates: {ngrams: {k: 1.5}}\n", "2:25", "no whole number", ""),
        ("opportunities: v1\ntemplates: {ngrams: {k: 9}}\n", "2:13", "not within 1 to 8", "k: 3"),
        ("opportunities: v1\ntemplates: {ngrams: {ignore: a}}\n", "2:30", "a list is expected", "[a, b]"),
        ("opportunities: v1\ntemplates: {ngrams: {mapping: a}}\n", "2:31", "a mapping is expected", "cart"),
        ("opportunities: v1\ntemplates: {agents: {always: yes}}\n", "2:30", "neither true nor false", "true"),
        ("opportunities: v1\ntemplates: {gapped: {within: soon}}\n", "2:13", "a time is expected", ""),
    ],
)
def test_mistakes_are_shown_at_their_place(text: str, place: str, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_text(text, file="q.yaml")
    assert str(caught.value).startswith(f"q.yaml:{place}: ")
    assert says in str(caught.value)
    assert hint in caught.value.hint
    assert str(caught.value).splitlines()[-1].strip(" ^") == ""


def test_a_mistake_that_the_events_show_has_its_place_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text("opportunities: v1\nhypotheses:\n  stuck: session has 'rety'\n")
    with pytest.raises(UsageError, match=r"q\.yaml:3:22: no event is called 'rety'") as caught:
        list(stated(tmp_path / "q.yaml", SHOP, Asking()))
    assert caught.value.hint == "did you mean 'retry'?"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "none.yaml")
    (tmp_path / "q.yaml").write_bytes(b"opportunities: \xff")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        read(tmp_path / "q.yaml")


def test_hypotheses_and_templates_of_a_file_become_families(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(GOOD)
    heard: list[Exclusion] = []
    own, *others = stated(tmp_path / "q.yaml", SHOP, Asking(least=1, leave_out=heard.append))
    assert {each.template for each in others} == {"ngrams", "until"}
    found = [own.hypothesis(row) for row in range(len(own))]
    assert [each.words for each in found] == [
        "sessions with retry repeated 2 times",
        "sessions without look",
        "sessions where sum of price > 3",
    ]
    assert [each.params["events"] for each in found] == [("retry",), ("look",), ()]
    assert found[2].params["attributes"] == ("price",)
    members = own.members(np.arange(3))
    assert [members.groups[a:b].tolist() for a, b in zip(members.indptr[:-1], members.indptr[1:], strict=True)] == [
        [3],
        [0, 1, 3],
        [0, 1, 3],
    ]
    assert any("holds for 5 of 5" in each.why for each in heard)


def test_kpis_of_a_file_are_asked_with_their_place(tmp_path: Path) -> None:
    document = read_text(GOOD, file="q.yaml")
    assert kpi(document.places["converted"], SHOP).values.tolist()[:2] == [1, 0]
    assert [kpi(each, SHOP).name for each in document.kpis] == ["converted", "failed"]

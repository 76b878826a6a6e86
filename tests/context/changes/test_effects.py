"""What changes do: each reader finds its own example, constants keep their units, harmless changes stay so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.context.changes.diff import parse
from telic.context.changes.effect import Place
from telic.context.changes.effects import read_effects
from telic.context.changes.frames import frames, touched
from telic.context.changes.quantities import read
from telic.context.changes.readers import effect_reader
from telic.context.changes.trouble import TROUBLES
from telic.context.changes.vocabulary import table


@pytest.mark.parametrize("name", list(effect_reader))
def test_every_reader_finds_its_example(name: str) -> None:
    path = {"dependency": "go.mod", "constant": "db.yaml", "endpoint": "db.yaml", "switch": "a.yaml"}.get(name, "a.go")
    diff = parse(str(effect_reader.examples[name]["diff"]), [path])
    found = [effect for hunk in diff.hunks for effect in effect_reader.create(name, place=Place(hunk))]
    assert found
    assert all(each.kind == name and each.says and each.mechanism for each in found)
    assert all(set(each.troubles) <= set(TROUBLES) and 0 < each.force <= 1 for each in found)


def test_the_vocabulary_knows_its_own_words() -> None:
    for troubles in (*table("effects").values(), *(each["down"] for each in table("subjects")["subject"])):
        assert set(troubles) <= set(TROUBLES)
    assert all(each["up"].keys() <= TROUBLES.keys() for each in table("subjects")["subject"])


@pytest.mark.parametrize(
    ("line", "value", "dimension"),
    [
        ("ctx, c := context.WithTimeout(ctx, 300*time.Millisecond)", 0.3, "time"),
        ("timeout: Duration.ofSeconds(5)", 5.0, "time"),
        ("setTimeout(Duration::from_millis(250))", 0.25, "time"),
        ("deadline = timedelta(minutes=2)", 120.0, "time"),
        ("awaitTermination(30, TimeUnit.SECONDS)", 30.0, "time"),
        ("request_timeout_ms: 1500", 1.5, "time"),
        ("  memory: 512Mi", 512 * 2.0**20, "size"),
        ("  cpu: 250m", 0.25, "cores"),
        ("max_batch = 1_000", 1000.0, "count"),
        ("limit = 64 * 1024", 65536.0, "count"),
        ("share: 5%", 0.05, "share"),
    ],
)
def test_units(line: str, value: float, dimension: str) -> None:
    found = read(line)[0]
    assert [(round(each.value, 9), each.dimension) for each in found] == [(value, dimension)]


@given(st.text(max_size=80))
def test_quantities_never_fail(line: str) -> None:
    found, rest = read(line)
    assert rest.count("#") >= len(found)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_smaller_time_limit_cuts_and_a_larger_one_does_not(one: int, two: int) -> None:
    effects = read_effects(f"-timeout_ms: {one}\n+timeout_ms: {two}", ("a.yaml",)).effects
    assert bool(effects) == (one != two)
    for each in effects:
        assert (each.troubles["deadline"] == 1.0) == (two < one)


@pytest.mark.parametrize(
    ("diff", "path", "most"),
    [
        ("+// explains it\n-// explained", "a.go", 0.1),
        ("-import a\n+import b", "a.py", 0.1),
        ('+log.Info("x", "y", z)', "a.go", 0.3),
        ("+.a { color: red }", "static/a.css", 0.0),
        ("+func TestX(t *testing.T) { panic(1) }", "a_test.go", 0.0),
        ("-\ta := f(x)\n-\treturn a\n+\treturn g(x)\n+}\n+func g(x int) int {\n+\ta := f(x)\n+\treturn a", "a.go", 0.2),
    ],
)
def test_what_cannot_act_has_no_scope(diff: str, path: str, most: float) -> None:
    assert read_effects(diff, (path,)).scope <= most


def test_without_a_diff_the_summary_speaks() -> None:
    assert read_effects("", ("a.go",), "docs: how to").scope < read_effects("", ("a.go",), "rewrite pool").scope


@pytest.mark.parametrize(
    ("text", "file", "function"),
    [
        ("x -> frontend/middleware.(*Limiter).Allow(ratelimit.go:38) -> y", "ratelimit.go", "Allow"),
        ('File "/srv/app/models.py", line 12, in resolve', "models.py", "resolve"),
        ("at com.acme.AvatarResolver.resolve(AvatarResolver.java:33)", "AvatarResolver.java", "resolve"),
    ],
)
def test_frames_of_several_languages(text: str, file: str, function: str) -> None:
    assert [(each.file, each.function) for each in frames(text)] == [(file, function)]


def test_a_frame_is_touched_by_line_or_by_name() -> None:
    frame = frames("pkg.Allow(ratelimit.go:38)")[0]
    assert (
        touched(frame, parse("--- a/x/ratelimit.go\n+++ b/x/ratelimit.go\n@@ -36,2 +36,2 @@\n a\n-b\n+c"), ())
        == "function"
    )
    assert touched(frame, parse("@@ x/ratelimit.go: func (l *L) Allow() {\n-b\n+c"), ()) == "function"
    assert touched(frame, parse("@@ x/ratelimit.go: func Other() {\n-b\n+c"), ()) == "file"
    assert touched(frame, parse("@@ x/other.go @@\n-b\n+c"), ("x/other.go",)) == ""


@given(st.text(max_size=200))
def test_frames_never_fail(text: str) -> None:
    assert all(each.line >= 0 for each in frames(text))

"""The time before an onset is asked once an incident; each diagnosis cites the answers all the same."""

from __future__ import annotations

from collections.abc import Sequence

from telic.errors import StoreFailed
from telic.model import Row, Scalar, Store, Window
from telic.operate.diagnosis.asking import Asking
from telic.operate.diagnosis.before import Before
from telic.tools.evidence import Notebook


class Counted:
    """A store that counts queries, and fails while it is away."""

    def __init__(self) -> None:
        self.asked, self.away = 0, False

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        self.asked += 1
        if self.away:
            raise StoreFailed("nobody answers", hint="wait")
        return [{"n": self.asked}]


def count(store: Store, window: Window) -> Sequence[Row]:
    return store.query("SELECT count(*) AS n FROM spans")


def test_later_diagnoses_cite_the_first_answer() -> None:
    store, before = Counted(), Before(Window(0.0, 20.0))
    for number in (1, 2, 3):
        notebook = Notebook(store, prefix=f"E{number}.")
        asking = Asking(notebook, Window(22.0, 30.0))
        asking.ask("calls", "calls since", count)
        found = before.ask(asking, "calls", lambda then: then.ask("calls", "calls before", count))
        assert found == [{"n": 2}]
        assert asking.evidence == {"calls": f"E{number}.1", "calls before": "E1.2"}
        (page,) = notebook.quote(["E1.2"])
        assert (page.says, page.window, page.result) == ("calls before", before.window, '[{"n": 2}]')
    assert store.asked == 4


def test_what_was_not_answered_is_asked_again() -> None:
    store, before = Counted(), Before(Window(0.0, 20.0))
    for away, missing in ((True, 1), (False, 0), (True, 0)):
        store.away = away
        asking = Asking(Notebook(store), Window(22.0, 30.0))
        found = before.ask(asking, "calls", lambda then: then.ask("calls", "calls before", count))
        assert len(asking.missing) == missing
        assert list(found) == ([] if missing else [{"n": 2}])

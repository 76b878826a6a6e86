"""Templates and the lines of code that print them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.context.logs import Miner, Template
from telic.context.logs.constants import LANGUAGES, constants
from telic.context.logs.sources import SourceIndex
from telic.errors import UsageError

FILES = {
    "cart/store.py": """import logging
log = logging.getLogger(__name__)
# log.info("stock of %s is low") is only a comment
def read(key):
    log.info("cart %s has %d items", key, 3)
    log.warning(f"cart {key} expired after {3:.1f} s")
    raise KeyError("no cart " + key + " in store")
""",
    "orders/OrderService.java": """class OrderService {
  char c = '"'; // "a comment"
  void close(String id) {
    LOG.info("order {} closed by user {}", id, user);
    LOG.error("order " + id + " could not be paid: "
        + reason);
    throw new IllegalStateException(String.format("stock of %s is low", id));
  }
}
""",
    "mail/main.go": """package main
func send() {
	log.Printf("mail to %s sent in %v", to, took)
	return fmt.Errorf(`template %q not found`, name)
}
""",
    "web/app.js": "logger.info(`session ${id} opened for ${user.name}`)\n"
    "console.error('cannot reach ' + host + ' any more')\n",
    "bill/Bill.cs": 'class Bill { void Pay() { _log.LogInformation("Bill {BillId} paid by {Customer}", a, b);\n'
    '    throw new Exception($"Bill {id} refused"); } }\n',
    "node_modules/x/i.js": "console.log('cart is not ours')\n",
    "notes.txt": "cart x has y items",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SourceIndex:
    folder = tmp_path_factory.mktemp("code")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return SourceIndex(folder)


def template(form: str) -> Template:
    """Return the template of lines with another number for each ``#``."""
    miner = Miner()
    miner.add_many([form.replace("#", str(n)) for n in (1, 22, 333)])
    return miner.templates()[0]


@pytest.mark.parametrize(
    ("form", "path", "line"),
    [
        ("cart k# has # items", "cart/store.py", 5),
        ("cart k# expired after #.5 s", "cart/store.py", 6),
        ("no cart k# in store", "cart/store.py", 7),
        ("10:00 INFO OrderService - order # closed by user u#", "orders/OrderService.java", 4),
        ("order # could not be paid: card # expired", "orders/OrderService.java", 5),
        ("stock of item# is low", "orders/OrderService.java", 7),
        ("mail to a# sent in #ms", "mail/main.go", 3),
        ("template t# not found", "mail/main.go", 4),
        ("session # opened for u#", "web/app.js", 1),
        ("cannot reach host# any more", "web/app.js", 2),
        ("Bill # paid by c#", "bill/Bill.cs", 1),
        ("Bill # refused", "bill/Bill.cs", 2),
    ],
)
def test_a_template_leads_to_the_line_that_prints_it(index: SourceIndex, form: str, path: str, line: int) -> None:
    found = index.find(template(form))
    assert (found[0].path, found[0].line) == (path, line)
    assert 0.5 <= found[0].score <= 1.0


@pytest.mark.parametrize("form", ["something else # entirely", "# #", "cart #", "cart is not ours"])
def test_what_no_line_prints_leads_nowhere(index: SourceIndex, form: str) -> None:
    assert index.find(template(form)) == []


def test_only_code_is_read(index: SourceIndex) -> None:
    assert index.files == 5


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of code"):
        SourceIndex(tmp_path / "absent")


@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab \"'`\\n\n{}%s$+/*#(").filter(bool), max_size=60),
    st.sampled_from(sorted(set(LANGUAGES.values()))),
)
def test_any_text_has_constants_within_it(source: str, language: str) -> None:
    for each in constants(source, language):
        assert 1 <= each.line <= source.count("\n") + 1
        assert all(character in source or character in " \x00" for character in each.text)

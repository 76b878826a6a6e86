"""Which errors are bad is read from the intent, by the names under which users meet operations."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from telic.apps import find
from telic.intent import read
from telic.intent.verdicts import bad_errors, bad_errors_in


def test_errors_are_known_by_the_operations_that_users_meet() -> None:
    found = bad_errors(read(find("hotel")))
    assert found["reserve"] == {"not_found"}  # sold_out is an answer
    assert found["create_user"] == found["login_user"] == {"not_authorised"}
    assert all(found.values())


def test_a_design_is_asked_through_its_folder(tmp_path: Path) -> None:
    assert bad_errors_in(tmp_path) == {}
    intent = tmp_path / "intent.yaml"
    shutil.copyfile(find("genai"), intent)
    assert "version_conflict" in bad_errors_in(tmp_path)["tune"]
    intent.write_text(intent.read_text().replace("version_conflict: bad", "version_conflict: good"))
    os.utime(intent, ns=(1, 1))
    assert "version_conflict" not in bad_errors_in(tmp_path)["tune"]

"""`telic demo`: what is refused before it runs, and the command that plays it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.cli.demonstration import demonstrate, repeated
from telic.errors import UsageError


def test_the_command_that_plays_it_again_names_everything_that_was_chosen() -> None:
    assert repeated("hang", 3, "hotel", "local") == "telic demo --fault hang --seed 3"
    asked = "telic demo --fault hang --seed 3 --system shop --world simulated"
    assert repeated("hang", 3, "shop", "simulated") == asked
    assert "--system './my intent.yaml'" in repeated("hang", 3, "./my intent.yaml", "local")


def test_a_report_that_could_not_be_written_is_no_reason_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--report {tmp_path} is a folder"):
        demonstrate("hang", 3, "hotel", "simulated", tmp_path, plain=True, as_json=False)

"""The account of a report once more, from the recording that it is about: what the report has to say."""

from __future__ import annotations

from dataclasses import replace

from telic import __version__
from telic.model.account import Account
from telic.model.signals import Reported
from telic.operate.diagnosis.account.build import account
from telic.operate.diagnosis.causes import diagnose_recording, look
from telic.worlds.recorded import Recording


def signed(made: Account, given: Reported | None = None) -> Account:
    """Return an account that says what it was made with, so that it can be made again: the symptom that was named."""
    return replace(made, given=given, telic=__version__)


def account_again(told: Account, recording: Recording) -> Account:
    """Diagnose `recording` as it was diagnosed for `told`, and return the account of that.

    Taken from `told` are the moment that it looked from, the symptom that was named, what sources could not give
    (only they know) and the failing lines of code (which are asked of git).
    """
    at = told.window.end if told.window.end < recording.window.end else None
    found = replace(diagnose_recording(recording, at=at, symptom=told.given), missing=told.diagnosis.missing)
    seen = look(recording, at=at, symptom=told.given)
    return signed(account(seen.recording, found, told.code), told.given)

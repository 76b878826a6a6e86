"""The account of one diagnosis, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telic.model import Diagnosis
from telic.model.account import Account, Claim, CodeLine
from telic.operate.diagnosis.account.claims import claims_of
from telic.operate.diagnosis.account.levels import levels_of
from telic.operate.diagnosis.account.rivals import rivals_of
from telic.operate.diagnosis.account.steps import steps_of
from telic.operate.diagnosis.account.timeline import timeline_of
from telic.operate.diagnosis.causes import look
from telic.operate.diagnosis.culprit.rank import judge
from telic.operate.diagnosis.culprit.scene import scene
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict
from telic.tools.evidence import Notebook, Page
from telic.worlds.recorded import Recording


def account(recording: Recording, diagnosis: Diagnosis, code: Sequence[CodeLine] = ()) -> Account:
    """Return the account of `diagnosis`, whose evidence can be asked for again.

    Parameters
    ----------
    recording
        What was diagnosed, with the symptom that it was diagnosed for: `telic.operate.diagnosis.causes.look` has it.
    diagnosis
        As `telic.operate.diagnosis.causes.diagnose_recording` gave it.
    code
        Lines at which the blamed entity fails, as `telic.operate.diagnosis.written.written_lines` finds them.
    """
    recording = recording.until(diagnosis.window.end)  # it tells no more than the diagnosis could know
    first = diagnosis.hypotheses[0] if diagnosis.hypotheses else None
    seen = scene(recording, recording.symptom.entity or (first.entity if first else ""), recording.symptom.onset)
    verdicts = judge(seen)
    notebook = Notebook(recording.store(), prefix="A")
    notebook.adopt([Page.of(each) for each in diagnosis.evidence])
    blamed = _blamed(diagnosis, verdicts)
    claims = claims_of(diagnosis, blamed, seen, notebook)
    levels = levels_of(recording, diagnosis, seen, notebook)
    return Account(
        incident=recording.name,
        source=str(recording.folder),
        window=diagnosis.window,
        diagnosis=replace(diagnosis, evidence=()),
        topology=recording.topology(),
        claims=tuple(_numbered(claims)),
        evidence=tuple(notebook.pages),
        rivals=rivals_of(diagnosis, verdicts, blamed),
        timeline=timeline_of(recording, seen, diagnosis),
        steps=steps_of(diagnosis, blamed, seen, recording.symptom.signal),
        levels=levels,
        baseline=recording.baseline,
        symptom=seen.entity,
        signal=recording.symptom.signal,
        onset=seen.reported,
        headline=_headline(diagnosis, blamed),
        facts={"notes": " ".join(recording.header.notes.split())} if recording.header.notes else {},
        requests=look(recording).compared,
        code=tuple(code),
    )


def _blamed(diagnosis: Diagnosis, verdicts: list[ChangeVerdict]) -> ChangeVerdict | None:
    """Return the verdict that the first hypothesis rests on: on its change, or on none."""
    if not diagnosis.hypotheses or (len(verdicts) == 1 and not verdicts[0].reasons[0].query):
        return None
    change = diagnosis.hypotheses[0].change
    return next((each for each in verdicts if each.id == change), None)


def _numbered(claims: list[Claim]) -> list[Claim]:
    return [replace(each, id=f"C{number}") for number, each in enumerate(claims, start=1)]


def _headline(diagnosis: Diagnosis, blamed: ChangeVerdict | None) -> str:
    if not diagnosis.hypotheses:
        return "No cause: either nothing is wrong, or too little of it was recorded"
    first = diagnosis.hypotheses[0]
    change = blamed.change if blamed else None
    by = f", brought by {change.id[:12]}" if change else ""
    return f"{first.mechanism} in {first.entity}{by}"

"""A database that refuses what services ask, for a reason of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from telic.model import Action
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.mechanisms.permission_revoked import INSUFFICIENT
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism

LEAST = 2  # refusals that are no accident [1]
NEW = 4.0  # times as often as before [1]
WRONG_PASSWORD = "28P01"  # invalid_password
CANCELLED = "57014"  # SQLSTATE query_canceled: the caller gave up
USUAL = frozenset({"40001", CANCELLED, INSUFFICIENT})  # conflicts that callers repeat; what others explain


@dataclass
class Refused:
    """Statements of several services that one store refused with one SQLSTATE."""

    store: str
    state: str
    services: dict[str, int] = field(default_factory=dict)  # to how often [1]

    @property
    def entity(self) -> str:
        """The one service that is refused, whose role or schema it is; the store where several are."""
        return next(iter(self.services)) if len(self.services) == 1 else self.store


@mechanism("store-refusal", example={"store": "postgres", "sqlstate": "53100", "services": 3})
def store_refusal(findings: Findings) -> Sequence[Proposal]:
    """Statements that a database refuses with an SQLSTATE that it did not answer before.

    Source: PostgreSQL documentation, appendix A, error codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    return [_proposal(findings, each) for each in _refused(findings)]


def _refused(findings: Findings) -> list[Refused]:
    usual = _rates(findings.baseline) if findings.baseline else {}
    found: dict[tuple[str, str], Refused] = {}
    for (service, store, statement, state), rate in _rates(findings.current).items():
        often = round(rate * max(1.0, findings.current.covered))
        if often >= LEAST and rate >= NEW * usual.get((service, store, statement, state), 0.0):
            one = found.setdefault((store, state), Refused(store, state))
            one.services[service] = one.services.get(service, 0) + often
    return list(found.values())


def _rates(picture: Picture) -> Mapping[tuple[str, str, str, str], float]:
    """Return service, store, statement and SQLSTATE to refusals in a second [1/s]."""
    rates: dict[tuple[str, str, str, str], float] = {}
    for each in picture.statements:
        for state, count in each.by_state.items():
            if is_sqlstate(state) and state not in USUAL:
                key = each.service, each.store, each.statement, state
                rates[key] = rates.get(key, 0.0) + count / max(1.0, picture.covered)
    return rates


def is_sqlstate(text: str) -> bool:
    """Whether an error's type is an SQLSTATE: five digits and capitals, one digit at least.

    Examples
    --------
    >>> is_sqlstate("42P01"), is_sqlstate("timeout"), is_sqlstate("ERROR")
    (True, False, False)
    """
    plain = len(text) == 5 and text.isascii() and text.isalnum() and text == text.upper()
    return plain and any(each.isdigit() for each in text)


def _proposal(findings: Findings, refused: Refused) -> Proposal:
    number = sum(refused.services.values())
    who = ", ".join(sorted(refused.services))
    says = f"{refused.store} refused {number} statements of {who} with SQLSTATE {refused.state}, never before"
    share = findings.share(
        lambda each: (
            each.kind == "statement"
            and each.entity.partition("->")[2] == refused.store
            and each.entity.partition("->")[0] in refused.services
            and each.detail in (refused.state, "")
        )
    )
    clues = [Clue(3.0, says, ("statements",)), harm_clue(findings, share, f"in statements of {who}")]
    clues.append(_deployed(findings, refused))
    if len(refused.services) > 1:
        clues.append(Clue(1.0, f"{len(refused.services)} services are refused alike", ("statements",)))
    back = Action(
        "reconcile", refused.store, {}, f"it answers SQLSTATE {refused.state}: back to what the design declares"
    )
    actions = (*_rotated(findings, refused), back)
    return Proposal("store-refusal", refused.entity, clues, f"SQLSTATE {refused.state}", findings.onset, None, actions)


def _rotated(findings: Findings, refused: Refused) -> Sequence[Action]:
    """Return the way to the credential that was written last beside the one that is refused."""
    if refused.state != WRONG_PASSWORD or refused.entity not in findings.state.services:
        return ()
    key, secrets = f"store.{refused.store}.password_file", findings.state.secrets
    present = str(findings.state.services[refused.entity].config.get(key, ""))
    later = {
        path: at for path, at in secrets.items() if path.startswith(present) and at > secrets.get(present, math.inf)
    }
    if not later:
        return ()
    last = max(later, key=lambda path: later[path])
    why = f"{refused.store} refuses the password of {refused.entity}, and another was written beside it later"
    return (Action("set_config", refused.entity, {"key": key, "value": last}, why),)


def _deployed(findings: Findings, refused: Refused) -> Clue:
    """Say whether a new version of the only service that is refused may ask for what never was there."""
    if len(refused.services) > 1:
        return Clue(0.0, "no deploy explains that several services are refused", ("changes",))
    deploys = findings.changes_of(refused.entity, "deploy")
    return change_clue(findings, deploys[0] if deploys else None, -3.0, 0.5)

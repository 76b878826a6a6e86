"""A system of 25 services, from an intent that is written here: how much memory it takes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.loop import healthy

SERVICES = 25  # the gateway among them
RATE = 100.0  # [requests/s]
SECONDS = 5.0


def memory(services: int = SERVICES) -> float:
    """Return the proportional set size of a live system of `services` under load, stores and all [bytes]."""
    with tempfile.TemporaryDirectory(prefix="telic-bench-") as folder:
        path = Path(folder) / "intent.yaml"
        path.write_text(intent(services), encoding="utf-8")
        return healthy.steady(SECONDS, rate=RATE, system=str(path)).pss


def intent(services: int) -> str:
    """Return an intent that becomes a gateway, a service of users, and so many services that keep what users made."""
    kept = range(1, services - 1)
    lines = [
        "intent: v1",
        f"system: wide{services}",
        "text: People keep things of many kinds.",
        "functional:",
        "  entities:",
        "    User: {key: user_id, fields: {name: str<=80, email: email, password: secret}, owner: user}",
        *(
            f"    Kind{each}: {{key: kind{each}_id, fields: {{user: ref(User), name: str<=80}}, owner: keeper{each}}}"
            for each in kept
        ),
        "  operations:",
        "    - {id: F0, name: manage_user, kind: crud, on: User, auth: self, idempotent: true}",
        *(
            f"    - {{id: F{each}, name: see_kind{each}, kind: list_by_ref, on: Kind{each}, by: user, order: newest}}"
            for each in kept
        ),
        "  security:",
        "    - {id: S1, rule: User.password stored hashed}",
        "  design:",
        f"    - {{id: D1, rule: max_services({services})}}",
        "operational:",
        "  workload:",
        "    - id: W1",
        "      name: normal",
        "      arrival: poisson",
        "      rate: 100/s",
        f"      mix: {{{', '.join(f'F{each}: 1' for each in kept)}}}",
        "      keys: zipf(1.05, 600)",
        "      for: 60s",
        "    - {id: W2, name: high, base: W1, rate: 150/s}",
        "  slos:",
        "    - {id: O1, service: gateway, sli: {ratio: success}, target: 99%, window: 28d, test_window: 9s, under: W2}",
        "",
    ]
    return "\n".join(lines)

"""What requests cost in the model: CPU, work, network, statements, look-ups."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telic.errors import InvalidDesign
from telic.runtime.statements import Cost

Spread = Literal["constant", "exponential", "lognormal"]


@dataclass(frozen=True)
class Costs:
    """Times that a design does not state.

    `cpu` is used on the processors of a service (`cores`, first come first served) at every request; `work` is time in
    a slot that needs no processor. Where `cores` is 0 every request has a processor of its own.
    """

    cpu: float = 0.0005  # median [s]
    cores: int = 1  # of one service [1]
    work: Mapping[str, float] = field(default_factory=dict)  # service to [s]
    spread: Spread = "lognormal"
    sigma: float = 0.3  # of the lognormal factor, whose median is 1 [1]
    network: float = 0.0002  # there and back [s]
    publish: float = 0.001  # a message into a queue, which keeps it [s]
    look: float = 0.0003  # a look into a cache that hits [s]
    statement: float = 0.0003  # one without an entry in `statements` [s]
    statements: Mapping[str, float] = field(default_factory=dict)  # name to [s]
    keys: int = 2  # statements that an idempotency key costs [1]
    connections: int = 3  # of one service [1]; 0: as many as are asked for
    database: int = 2  # processors of the database [1]; 0: as many as are asked for
    patience: float = 3.0  # deadline of requests that bring none [s]
    bound: float = 0.1  # a right answer that takes longer is not good [s]

    def of_statement(self, name: str) -> float:
        """Return what the statement called `name` costs [s]."""
        return self.statements.get(name, self.statement)


def statement_costs(folder: Path) -> dict[str, float]:
    """Return the cost of each statement that the stores of the design in `folder` declare, by its name [s]."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("services/*/store.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            raise InvalidDesign(f"{path}:{error.lineno}: {error.msg}", hint="run `telic design` again") from error
        for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
            if _name(call) == "Statement" and call.args and isinstance(call.args[0], ast.Constant):
                cost = next((each for each in call.args if isinstance(each, ast.Call) and _name(each) == "Cost"), None)
                found[str(call.args[0].value)] = _cost(cost).seconds()
    return found


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _cost(call: ast.Call | None) -> Cost:
    if call is None:
        return Cost()
    given = {each.arg: each.value.value for each in call.keywords if isinstance(each.value, ast.Constant) and each.arg}
    return Cost(**given)  # type: ignore[arg-type]

"""Deploy a version of one service that takes shorter keys than there are."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import answering, structs
from telic.lab.sources import file_named

_LENGTH = "]{1,64}"


@fault("strict-validation", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class StrictValidation(Deployed):
    """Deploy a version of one service that takes shorter keys than there are.

    From outside: from the deploy on the service refuses requests with 400 before it does anything; its callers
    fail with what they got; requests without a key are well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    longest
        Longest key that it takes [characters].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. S. Gunawi et al., "Why does the cloud stop computing?", SoCC 2016 (upgrades); validation that is
    stricter than what is in use.
    """

    name: ClassVar[str] = "strict-validation"
    mechanisms: ClassVar[Mapping[str, str]] = {"strict-validation": "a new version refuses inputs that are right"}
    longest: int = 4

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how strict."""
        return {"longest": rng.randint(2, 4)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        _, _, call = answering(files, self.operation)
        asked = ast.unparse(call.args.args[1].annotation).rpartition(".")[2] if call.args.args[1].annotation else ""
        if not any("Id" in re.findall(r"\w+", each) for each in structs(files).get(asked, {}).values()):
            raise InvalidDesign(f"{self.operation} is asked with no key", hint="choose another operation")
        path = file_named(files, "messages.py")
        if _LENGTH not in files[path]:
            raise InvalidDesign(f"{path} has no pattern of keys", hint="choose another service")
        return {path: files[path].replace(_LENGTH, f"]{{1,{self.longest}}}")}

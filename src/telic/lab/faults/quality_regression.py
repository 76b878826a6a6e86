"""Deploy a version of a model that answers worse: beside the question, or the same again and again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import answering, uses, with_imports
from telic.lab.sources import file_named, with_function_lines

KINDS = ("topic", "repetition")


@fault("quality-regression", example={"service": "inference", "operation": "generate", "version": "1"})
@dataclass(frozen=True)
class QualityRegression(Deployed):
    """Deploy a version of a model that answers worse: beside the question, or the same again and again.

    From outside: from the deploy on a part of all answers, given with 200 and in time, is in good words but not about
    what was asked, or repeats itself; the others are as they were; nothing is logged.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    kind
        ``topic`` or ``repetition``.
    percent
        Of prompts, always the same ones [1/100].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section V-A
    (response quality degradation: the model could not understand the prompt).
    """

    name: ClassVar[str] = "quality-regression"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "quality-regression": "a new version of a model answers worse than the one before"
    }
    kind: str = "topic"
    percent: int = 50

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much worse."""
        return {"kind": rng.choice(KINDS), "percent": rng.randint(35, 65)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        _, _, call = answering(files, self.operation)
        if not uses(call, "answer"):
            raise InvalidDesign(f"{self.operation} asks no model", hint="choose an operation that generates text")
        path = file_named(files, "language.py")
        lines = [f"if zlib.crc32(prompt.encode()) % 100 < {self.percent}:"]
        if self.kind == "repetition":
            lines.append('    return (topics(prompt)[:6] + ["it", "is", "what", "it", "is"] * most)[:most]')
        else:
            lines.append('    prompt = "weather and holidays"')
        text = with_function_lines(files[path], "answer", lines)
        return {path: with_imports(text, ["import zlib"])}

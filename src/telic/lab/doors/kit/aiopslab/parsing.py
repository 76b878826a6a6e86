"""Reads the one call that an agent's answer holds between its triple ticks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

LONGEST = 64 * 1024  # of an answer [characters]

_BLOCK = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*;?\s*\Z", re.DOTALL)


class Unparsable(ValueError):
    """An answer that holds no call, or several; the message is for the agent."""


@dataclass(frozen=True)
class Call:
    """One call of an API."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)


def parse(answer: object) -> Call:
    r"""Read an agent's answer.

    Raises
    ------
    Unparsable
        Not exactly one block, no call in it, or arguments that are no literals.

    Examples
    --------
    >>> parse('Let me look.\n```\nget_logs("hotel", service="rate")\n```')
    Call(name='get_logs', args=('hotel',), kwargs={'service': 'rate'})
    """
    if not isinstance(answer, str):
        raise Unparsable(f"an answer has to be text, and this is a {type(answer).__name__}")
    if len(answer) > LONGEST:
        raise Unparsable(f"an answer of {len(answer)} characters where at most {LONGEST} are read")
    blocks = _BLOCK.findall(answer)
    if len(blocks) != 1:
        raise Unparsable(
            f"{len(blocks)} code blocks where one was expected; answer like this:\n```\nget_logs(...)\n```"
        )
    found = _CALL.match(blocks[0])
    if found is None:
        raise Unparsable(f"no call in the code block: {blocks[0][:200]!r}; write NAME(ARGUMENTS)")
    name, text = found.groups()
    if name == "exec_shell":
        return Call(name, (_command(text),))
    return _literals(name, text)


def _literals(name: str, text: str) -> Call:
    try:
        call = ast.parse(f"f({text}\n)", mode="eval").body
        if not isinstance(call, ast.Call):
            raise Unparsable(f"{name}({text[:200]}) is no call")
        args = tuple(ast.literal_eval(each) for each in call.args)
        kwargs = {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg is not None}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise Unparsable(f"arguments of {name} cannot be read: {error}"[:400]) from error
    return Call(name, args, kwargs)


def _command(text: str) -> str:
    """Return the quoted command of a shell call; quotes inside it need no escape, as agents often forget it."""
    bare = re.sub(r"\A\s*command\s*=\s*", "", text).strip()
    for quote in ('"""', "'''", '"', "'"):
        if len(bare) >= 2 * len(quote) and bare.startswith(quote) and bare.endswith(quote):
            return bare[len(quote) : -len(quote)].replace('\\"', '"').replace("\\'", "'")
    raise Unparsable("a command has to be quoted text")

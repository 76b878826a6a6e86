"""The closed language of checks, invariants and preconditions: Python's operators, few functions, and ``implies``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from telic.errors import InvalidIntent

MAX_LENGTH = 500
"""Longest expression [characters]; it is meant to be read in one go."""

_MARK = "_implies_"  # `a implies b` is parsed as `a if _implies_ else b`: same place in the grammar, lowest precedence
_ALLOWED = (
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Compare,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Call, ast.Attribute, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.Tuple, ast.GeneratorExp, ast.comprehension, ast.IfExp,
)  # fmt: skip
_WORDS = {
    ast.Lambda: "lambda",
    ast.Subscript: "[...]",
    ast.List: "[...]",
    ast.ListComp: "[...]",
    ast.JoinedStr: "f'...'",
    ast.NamedExpr: ":=",
    ast.Starred: "*",
    ast.Pow: "**",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Await: "await",
    ast.Yield: "yield",
}
_HINT = "and or not implies, == != < <= > >= in, + - *, names, fields, texts, numbers and the functions listed"


def parse(text: str) -> ast.expr:
    """Read an expression; nothing in it is ever executed.

    Raises
    ------
    InvalidIntent
        Not in the language.

    Examples
    --------
    >>> write(parse("a.state=='paid' implies count(Payment,a)==1"))
    "a.state == 'paid' implies count(Payment, a) == 1"
    """
    if len(text) > MAX_LENGTH:
        raise InvalidIntent(f"the expression has more than {MAX_LENGTH} characters", hint="split it")
    if strange := re.search(r"[^ -~]|[\\`@#;:{}$?]", text):
        raise InvalidIntent(f"{strange[0]!r} has no place in an expression", hint=_HINT)
    if _MARK in text:
        raise InvalidIntent(f"{_MARK!r} has no place in an expression", hint="write implies")
    python = re.sub(r"'[^']*'|\"[^\"]*\"|\bimplies\b", lambda each: _python_word(each[0]), text)
    try:
        tree = ast.parse(python.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InvalidIntent(
            f"{text!r} is not an expression", hint="is a bracket, a quote or an operator missing?"
        ) from error
    for node in ast.walk(tree):
        _allow(node)
    return tree


def write(tree: ast.expr) -> str:
    """Write an expression so that `parse` reads the same tree."""
    return _restore(ast.unparse(tree))


def as_python(tree: ast.expr) -> str:
    """Write an expression as Python source, for generated tests.

    Examples
    --------
    >>> as_python(parse("a implies b"))
    'not a or b'
    """
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(ast.parse(ast.unparse(tree), mode="eval").body)))


def names(tree: ast.expr) -> tuple[str, ...]:
    """Return the free names, in order of their first use; functions and the variables of ``for`` are not among them."""
    return tuple(dict.fromkeys(_free(tree, frozenset())))


def is_implication(node: ast.AST) -> bool:
    """Whether `node` is ``a implies b``: `a` is its ``body``, `b` its ``orelse``."""
    return isinstance(node, ast.IfExp) and isinstance(node.test, ast.Name) and node.test.id == _MARK


def _python_word(word: str) -> str:
    return f"if {_MARK} else" if word == "implies" else word


def _restore(text: str) -> str:
    return text.replace(f"if {_MARK} else", "implies")


def _allow(node: ast.AST) -> None:
    if isinstance(node, ast.IfExp) and not is_implication(node):
        raise InvalidIntent("if ... else has no place in an expression", hint="write a implies b")
    if not isinstance(node, _ALLOWED):
        word = _WORDS.get(type(node), type(node).__name__)
        raise InvalidIntent(f"{word} has no place in an expression", hint=_HINT)
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float):
        raise InvalidIntent(f"{ast.unparse(node)} has no place in an expression", hint="texts, numbers, True and False")
    if isinstance(node, ast.Call) and (not isinstance(node.func, ast.Name) or node.keywords):
        raise InvalidIntent(f"{_restore(ast.unparse(node))!r} is not a call of a function", hint="name(value, ...)")
    if isinstance(node, ast.GeneratorExp) and len(node.generators) > 1:
        raise InvalidIntent("a second for has no place in an expression", hint="one for; nest any(...) or all(...)")
    if isinstance(node, ast.comprehension) and (node.is_async or not isinstance(node.target, ast.Name)):
        raise InvalidIntent("for takes one name", hint="such as: b for b in live(Booking, hotel)")


def _free(node: ast.AST, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id not in bound and node.id != _MARK:
            yield node.id
    elif isinstance(node, ast.GeneratorExp):
        loop = node.generators[0]
        inside = bound | {loop.target.id} if isinstance(loop.target, ast.Name) else bound
        yield from _free(loop.iter, bound)
        for each in (node.elt, *loop.ifs):
            yield from _free(each, inside)
    else:
        below = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        for child in below:
            yield from _free(child, bound)


class _Plain(ast.NodeTransformer):
    """Turns ``a implies b`` into ``not a or b``."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        body, otherwise = self.visit(node.body), self.visit(node.orelse)
        return ast.BoolOp(ast.Or(), [ast.UnaryOp(ast.Not(), body), otherwise])

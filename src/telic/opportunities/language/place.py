"""Errors of the language that point at the place: file, line, column, the line itself and a caret below it."""

from __future__ import annotations

from dataclasses import dataclass

from telic.errors import UsageError

Extent = tuple[int, int]
"""Where something is written: first character and the one after the last, counted from 0."""


class InvalidQuestion(UsageError):
    """A KPI or a hypothesis that cannot be read, or cannot be asked of these events."""


@dataclass(frozen=True)
class Written:
    """A text of the language and where it stands.

    Parameters
    ----------
    file
        The file it is from; "" for the command line or Python.
    line, column
        Where the text begins in `file`, counted from 1.
    """

    text: str
    file: str = ""
    line: int = 1
    column: int = 1

    def mistake(self, message: str, extent: Extent, *, hint: str = "") -> InvalidQuestion:
        """Return the error about `extent`, with its line and carets.

        Examples
        --------
        >>> print(Written("count of 'a' >").mistake("a number is missing", (14, 14)))
        column 15: a number is missing
          count of 'a' >
                        ^
        """
        start = min(max(extent[0], 0), len(self.text))
        row = self.text.count("\n", 0, start)
        begins = self.text.rfind("\n", 0, start) + 1
        line = self.text[begins:].split("\n", 1)[0]
        width = max(1, min(extent[1], begins + len(line)) - start)
        column = start - begins + 1 + (self.column - 1 if row == 0 else 0)
        where = f"{self.file}:{self.line + row}:{column}" if self.file else f"column {column}"
        if not self.file and row:
            where = f"line {row + 1}, {where}"
        shown = "".join(each if each.isprintable() else " " for each in line)
        picture = f"  {shown}\n  {' ' * (start - begins)}{'^' * width}"
        return InvalidQuestion(
            f"{where}: {message}\n{picture}",
            hint=hint,
            file=self.file,
            line=self.line + row,
            column=column,
            text=self.text,
        )

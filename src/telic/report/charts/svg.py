"""SVG elements from Python calls; whatever is not an element is escaped."""

from __future__ import annotations

from markupsafe import Markup, escape


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return one element; ``class_`` is ``class``, ``_`` in names is ``-``, None leaves an attribute out.

    Examples
    --------
    >>> str(tag("text", "a<b", x=1.25, text_anchor="end"))
    '<text x="1.2" text-anchor="end">a&lt;b</text>'
    """
    given = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), number(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, Markup("").join(escape(each) for each in children))


def number(value: object) -> str:
    """Return a number with one decimal at most; anything else as text."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


def drawing(width: int, height: int, *children: object, title: str, description: str) -> Markup:
    """Return a picture that says in words what it shows, for those who cannot see it."""
    return tag("svg", *children, viewBox=f"0 0 {width} {height}", role="img", aria_label=f"{title}. {description}")


def bars(columns: list[tuple[float, float, float, float]]) -> str:
    """Return the path of many rectangles, each ``(x, y, width, height)``."""
    return "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z" for x, y, w, h in columns if h > 0.05)


def line(points: list[tuple[float, float] | None]) -> str:
    """Return the path through `points`; None is a gap, a point between gaps becomes a short stroke."""
    parts: list[str] = []
    pen = "M"
    for index, point in enumerate(points):
        if point is None:
            pen = "M"
            continue
        alone = pen == "M" and (index + 1 == len(points) or points[index + 1] is None)
        parts.append(f"{pen}{point[0]:.1f} {point[1]:.1f}" + ("h1.5" if alone else ""))
        pen = "L"
    return "".join(parts)

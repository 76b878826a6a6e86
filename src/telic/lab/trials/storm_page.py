"""The storm map as one HTML file that needs nothing else."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup, escape

from telic.lab.trials.cells import Cell
from telic.lab.trials.storm import AS_IT_IS, Panel, StormMap
from telic.report.charts.svg import drawing, tag

WIDTH, HEIGHT = 39, 34  # of a cell [px]
LEFT, TOP, FOOT = 44, 16, 46  # around the cells [px]
BY = {"model": "of the queueing model", "simulated": "on the simulated world"}
CLASSES = {"recovered": "well", "late": "late", "not recovered": "lost", "not well before": "idle"}
PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{}</title><style>{}</style></head><body>{}</body></html>"
)
LEGEND = (
    ("well", "well again in time"),
    ("late", "well again, but too late"),
    ("lost", "∞: not well again while it was watched"),
    ("idle", "not well before the trigger either"),
)
STYLE = """
.panels { display: flex; flex-wrap: wrap; gap: 8px 28px; }
.panels figure { flex: 0 0 auto; margin: 20px 0 0; max-width: 100%; }
.panels h2 { margin: 0 0 6px; font-size: 16px; }
.cell { stroke: var(--paper); stroke-width: 2; }
.well { fill: var(--ok-paper); } .late { fill: var(--warn-paper); }
.lost { fill: var(--bad); } .idle { fill: var(--idle-paper); }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
text.on-lost { fill: #fff; font-size: 15px; } text.axis-name { fill: var(--muted); }
.here { fill: none; stroke: var(--action); stroke-width: 3; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 14px 0 0; padding: 0; list-style: none;
  font-size: 14px; }
.legend svg { display: inline-block; width: 22px; height: 14px; vertical-align: -2px; margin-right: 7px; }
"""


def page(found: StormMap) -> str:
    """Return the whole page."""
    title = f"Storm map of {found.system}, wired as {found.wiring or 'designed'}"
    style = resources.files("telic.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    panels = Markup("").join(tag("figure", tag("h2", _title(each)), panel(found, each)) for each in found.panels)
    lost = sum(each.outcome == "not recovered" for one in found.panels for each in one.cells)
    cells = sum(len(each.cells) for each in found.panels)
    lede = (
        f"Trigger {found.trial}: {found.trigger}. Every cell is one run {BY[found.by]}: so many requests a second, "
        f"a trigger of so many seconds, then 15 s of watching. {lost} of {cells} never came back. Seed {found.seed}."
    )
    body = Markup("").join(
        [
            tag("header", tag("h1", title), tag("p", lede, class_="lede"), legend()),
            tag("main", tag("div", panels, class_="panels")),
            tag("footer", tag("p", _hashes(found), class_="quiet")),
        ]
    )
    return PAGE.format(title, Markup(style + STYLE), body)


def panel(found: StormMap, each: Panel) -> Markup:
    """Draw the cells of one wiring: rate upwards, length of the trigger to the right."""
    columns, rows = len(found.lengths), len(found.rates)
    places = {(cell.rate, cell.seconds): cell for cell in each.cells}
    parts = []
    for column, seconds in enumerate(found.lengths):
        for row, rate in enumerate(reversed(found.rates)):
            parts.append(_cell(places[rate, seconds], LEFT + column * WIDTH, TOP + row * HEIGHT))
    for row, rate in enumerate(reversed(found.rates)):
        parts.append(tag("text", f"{rate:g}", x=LEFT - 8, y=TOP + row * HEIGHT + 22, text_anchor="end"))
    bottom = TOP + rows * HEIGHT
    for column, seconds in enumerate(found.lengths):
        parts.append(
            tag("text", f"{seconds:g} s", x=LEFT + column * WIDTH + WIDTH // 2, y=bottom + 17, text_anchor="middle")
        )
    parts.append(tag("text", "requests/s", x=2, y=TOP - 5, class_="axis-name"))
    middle = LEFT + columns * WIDTH // 2
    parts.append(
        tag("text", "length of the trigger", x=middle, y=bottom + 38, text_anchor="middle", class_="axis-name")
    )
    if each.current:
        parts.append(_here(found))
    width, height = LEFT + columns * WIDTH + 6, bottom + FOOT
    lost = sum(cell.outcome == "not recovered" for cell in each.cells)
    picture = drawing(
        width, height, *parts, title=each.title, description=f"{lost} of {len(each.cells)} cells never came back."
    )
    return Markup(str(picture).replace("<svg ", f'<svg style="width:{width}px;max-width:100%" ', 1))


def legend() -> Markup:
    """Return what the colours mean."""
    entries = [(tag("rect", width=22, height=14, class_=name), text) for name, text in LEGEND]
    entries.append((tag("rect", x=2, y=2, width=18, height=10, class_="here"), "the intent's own load and trigger"))
    items = (tag("li", tag("svg", mark, viewBox="0 0 22 14", aria_hidden="true"), text) for mark, text in entries)
    return tag("ul", *items, class_="legend")


def _title(each: Panel) -> str:
    return f"{each.title} (as it is wired)" if each.current and each.title != AS_IT_IS else each.title


def _cell(cell: Cell, x: int, y: int) -> Markup:
    name = CLASSES.get(cell.outcome, "idle")
    words = "∞" if name == "lost" else "-" if name == "idle" else f"{cell.recovery or 0.0:.0f} s"
    hint = f"{cell.rate:g}/s, trigger of {cell.seconds:g} s: {cell.outcome}, {cell.tail:.0%} good at the end"
    box = tag("rect", x=x, y=y, width=WIDTH, height=HEIGHT, class_=f"cell {name}")
    text = tag("text", words, x=x + WIDTH // 2, y=y + 22, text_anchor="middle", class_=f"on-{name}")
    return tag("g", tag("title", hint), box, text)


def _here(found: StormMap) -> Markup:
    """Frame the cell nearest to the intent's own load and trigger."""
    rate, seconds = found.here
    row = min(range(len(found.rates)), key=lambda index: abs(found.rates[index] - rate))
    column = min(range(len(found.lengths)), key=lambda index: abs(found.lengths[index] - seconds))
    y = TOP + (len(found.rates) - 1 - row) * HEIGHT
    return tag("rect", x=LEFT + column * WIDTH + 2, y=y + 2, width=WIDTH - 4, height=HEIGHT - 4, rx=4, class_="here")


def _hashes(found: StormMap) -> Markup:
    return Markup(", ").join(
        escape(f"{name} {value.removeprefix('sha256:')[:12]}") for name, value in found.hashes.items()
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Bars and lines as SVG text, readable on light and on dark paper."""

import math
from html import escape

COLOURS = ["#2f6fb2", "#d1702a", "#3d8f5a", "#8a5ab5", "#b23a48", "#6b7280"]
_FONT = 'font-family="DejaVu Sans, Verdana, sans-serif"'
_INK, _GRID = "#333", "#ddd"


def number(value):
    """Three digits, with k or M."""
    for limit, unit in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / {'M': 1e6, 'k': 1e3}[unit]:.3g}{unit}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _text(x, y, text, anchor="start", size=13, colour=_INK, weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
        f' font-weight="{weight}" paint-order="stroke" stroke="#fff" stroke-width="3">'
        f"{escape(str(text))}</text>"
    )


def _svg(width, height, title, parts):
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img" {_FONT}>'
        f"<title>{escape(title)}</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>'
        + _text(12, 24, title, size=15, weight="bold")
    )
    return head + "\n".join(parts) + "</svg>\n"


def bars(title, rows, unit, mark=None):
    """Horizontal bars. `rows`: (label, value, colour number); `mark`: (value, what it is)."""
    rows = [row for row in rows if row[1] is not None]
    if not rows:
        return None
    left = 20 + max(len(row[0]) for row in rows) * 8
    width, each, top = left + 560, 24, 44
    longest = max([value for _, value, _ in rows] + ([mark[0]] if mark else []))
    scale = 440 / longest
    height = top + len(rows) * each + 8
    parts = []
    if mark:
        x = left + mark[0] * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 4}" y2="{height - 6}" stroke="{_INK}"'
            ' stroke-dasharray="4 3"/>'
        )
        parts.append(_text(x + 5, height + 10, mark[1], size=12))
    for place, (label, value, colour) in enumerate(rows):
        y = top + place * each
        parts.append(_text(left - 8, y + 15, label, "end"))
        parts.append(
            f'<rect x="{left}" y="{y + 2}" width="{max(value * scale, 1):.1f}" height="{each - 6}"'
            f' fill="{COLOURS[colour % len(COLOURS)]}"/>'
        )
        parts.append(_text(left + value * scale + 6, y + 15, f"{number(value)} {unit}"))
    height += 20 if mark else 0
    return _svg(width, height, title, parts)


def lines(title, series, x_label, y_label):
    """One line for each of `series`, {name: {x: y}}, over a logarithmic x that begins at zero y."""
    series = {name: points for name, points in series.items() if len(points) > 1}
    if not series:
        return None
    left, top, width, height = 70, 60, 520, 300
    xs = sorted({x for points in series.values() for x in points})
    highest = max(y for points in series.values() for y in points.values()) * 1.08
    step = _round_step(highest / 5)

    def place(x, y):
        span = math.log(xs[-1] / xs[0])
        return left + width * math.log(x / xs[0]) / span, top + height * (1 - y / highest)

    parts = [_text(12, 46, y_label, size=12)]
    for tick in range(int(highest / step) + 1):
        y = place(xs[0], tick * step)[1]
        parts.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        )
        parts.append(_text(left - 6, y + 4, number(tick * step), "end", 12))
    for x in xs:
        parts.append(_text(place(x, 0)[0], top + height + 18, _size(x), "middle", 12))
    parts.append(_text(left + width / 2, top + height + 38, x_label, "middle", 12))
    ends = []
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        dots = [place(x, points[x]) for x in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in dots]
        last = points[max(points)]
        ends.append([dots[-1][1], f"{name}  {number(last)}", colour])
    # Names stand at the ends of their lines, pushed apart where they would meet.
    ends.sort()
    for above, below in zip(ends, ends[1:]):
        below[0] = max(below[0], above[0] + 16)
    parts += [_text(left + width + 12, y + 4, text, colour=colour) for y, text, colour in ends]
    room = max(len(text) for _, text, _ in ends) * 8 + 24
    bottom = max(top + height + 50, ends[-1][0] + 20)
    return _svg(left + width + room, bottom, title, parts)


def _round_step(step):
    power = 10 ** math.floor(math.log10(step))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= step)


def _size(value):
    for unit, name in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if value >= unit and abs(value / unit - round(value / unit)) < 0.01:
            return f"{value / unit:.0f}{name}"
    return f"{value:,}"

"""Drawing in SVG: boxes of text, arrows, and how wide text is. No fonts, scripts or styles from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

TITLE, LINE = 13, 11
"""Sizes of text, in pixels."""
_HEAD_WIDTH, _TITLE_WIDTH, _LINE_WIDTH, _TAG_WIDTH = 10.2, 8.8, 6.7, 5.9
"""Widths of a character, in pixels: of the widest font that may be taken."""
PAD, LINE_HEIGHT, _TITLE_HEIGHT = 12, 16, 20
MARGIN = 24.0
"""To the left of everything."""

_STYLE = """
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif; }
.ground { fill: #ffffff; stroke: #d0d7de; }
.box { fill: #f6f8fa; stroke: #8c959f; }
.proxy { fill: #ddf4ff; stroke: #0969da; }
.app { fill: #dafbe1; stroke: #1a7f37; }
.secret { fill: #fff8c5; stroke: #9a6700; }
.pod { fill: none; stroke: #57606a; stroke-dasharray: 6 4; }
.once { stroke-dasharray: 3 3; }
.title { fill: #1f2328; font-size: 13px; font-weight: 600; }
.head { fill: #1f2328; font-size: 15px; font-weight: 600; }
.tag { fill: #57606a; font-size: 10px; }
.line { fill: #1f2328; font-size: 11px; font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.dim { fill: #57606a; }
.edge { fill: none; stroke: #57606a; stroke-width: 1.4; }
.tip { fill: #57606a; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; stroke: #30363d; }
.box { fill: #161b22; stroke: #6e7681; }
.proxy { fill: #0c2d6b; stroke: #58a6ff; }
.app { fill: #033a16; stroke: #3fb950; }
.secret { fill: #3b2300; stroke: #d29922; }
.pod, .edge { stroke: #8b949e; }
.title, .head, .line { fill: #e6edf3; }
.tag, .dim, .tip { fill: #9ea7b3; }
}
"""

Line = tuple[str, str]
"""A label ("" for none) and a text."""


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken after what separates parts, if there is such."""
    lines = []
    while len(text) > width:
        for marks in ((", ",), (" ", ",", "/"), (":", ".", "-")):
            cut = max(text.rfind(mark, 0, width) for mark in marks)
            if cut >= width // 3:
                break
        cut = width if cut < width // 3 else cut + 1
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, text]


@dataclass
class Box:
    """A box with a title, a tag (what it is), and lines."""

    title: str
    tag: str = ""
    lines: Sequence[Line] = ()
    style: str = "box"
    columns: int = 40
    """How many characters a line may have, its label included."""
    x: float = 0
    y: float = 0
    width: float = field(init=False)
    height: float = field(init=False)
    rows: list[Line] = field(init=False)

    def __post_init__(self) -> None:
        label = max((len(label) for label, _ in self.lines), default=0)
        self.label_width = label + 2 if label else 0
        self.rows = []
        for name, text in self.lines:
            first, *rest = wrapped(text, self.columns - self.label_width)
            self.rows += [(name, first), *(("", each) for each in rest)]
        self.titles = wrapped(self.title, 34)
        longest = max((self.label_width + len(text) for _, text in self.rows), default=0)
        heads = [title_width(each) for each in self.titles]
        self.width = 2 * PAD + max(longest * _LINE_WIDTH, len(self.tag) * _TAG_WIDTH, *heads)
        self.height = 2 * PAD - 4 + _TITLE_HEIGHT * len(self.titles) + LINE_HEIGHT * len(self.rows)
        self.height += 14 if self.tag else 0

    @property
    def middle(self) -> float:
        """Halfway down."""
        return self.y + self.height / 2

    @property
    def centre(self) -> float:
        """Halfway along."""
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


def label_width(text: str) -> float:
    """How wide the label of an arrow is."""
    return len(text) * _LINE_WIDTH


def head_width(text: str) -> float:
    """How wide what stands over a workload is."""
    return len(text) * _HEAD_WIDTH


def title_width(text: str) -> float:
    """How wide a title is."""
    return len(text) * _TITLE_WIDTH


class Canvas:
    """What is drawn, in order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.width = self.height = 0.0

    def box(self, box: Box) -> None:
        """Draws a box."""
        self.frame(box.x, box.y, box.width, box.height, box.style)
        y = box.y + PAD
        if box.tag:
            self.text(box.x + PAD, y + 8, box.tag, "tag")
            y += 14
        for each in box.titles:
            self.text(box.x + PAD, y + TITLE, each, "title")
            y += _TITLE_HEIGHT
        for label, text in box.rows:
            if label:
                self.text(box.x + PAD, y + LINE, label, "line dim")
            self.text(box.x + PAD + box.label_width * _LINE_WIDTH, y + LINE, text, "line")
            y += LINE_HEIGHT

    def frame(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """A rectangle with round corners."""
        size = f'width="{width:.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" {size} rx="6"/>')
        self.width, self.height = max(self.width, x + width), max(self.height, y + height)

    def text(self, x: float, y: float, text: str, style: str, anchor: str = "start") -> None:
        """A line of text at its base line."""
        at = f'x="{x:.1f}" y="{y:.1f}"' + ("" if anchor == "start" else f' text-anchor="{anchor}"')
        self._parts.append(f'<text class="{style}" {at} xml:space="preserve">{_escaped(text)}</text>')

    def arrow(self, points: Sequence[tuple[float, float]], above: str = "", below: str = "") -> None:
        """A line with a tip at its end; texts are put at the middle of its last horizontal part."""
        path = " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))
        (before_x, before_y), (x, y) = points[-2:]
        self._parts.append(f'<path class="edge" d="{path}"/>')
        if x != before_x:
            back = -7 if x > before_x else 7
            tip = f"M{x:.1f} {y:.1f} l{back} -4 v8 z"
        else:
            back = -7 if y > before_y else 7
            tip = f"M{x:.1f} {y:.1f} l-4 {back} h8 z"
        self._parts.append(f'<path class="tip" d="{tip}"/>')
        middle = (before_x + x) / 2
        if above:
            self.text(middle, y - 6, above, "line", "middle")
        if below:
            self.text(middle, y + 15, below, "line", "middle")

    def across(self, x: float, y: float, to_x: float, to_y: float, label: str = "", step: float | None = None) -> None:
        """An arrow from side to side, by a step (at that place) where the heights differ."""
        if abs(y - to_y) < 1:
            self.arrow([(x, to_y), (to_x, to_y)], label)
        else:
            step = step or x + min(20.0, (to_x - x) / 2)
            self.arrow([(x, y), (step, y), (step, to_y), (to_x, to_y)], label)

    def svg(self, title: str, description: str) -> str:
        """The whole picture, with a ground of its own: it is readable on any page."""
        width, height = round(self.width + 24), round(self.height + 24)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(_clean(title))} '
                f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
                f"<title>{_escaped(title)}</title>",
                f"<desc>{_escaped(description)}</desc>",
                f"<style>{_STYLE}</style>",
                f'<rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
                *self._parts,
                "</svg>",
                "",
            ]
        )


def placed_below(boxes: Sequence[Box], x: float, y: float, gap: float = 16) -> Iterator[Box]:
    """The boxes one under another."""
    for each in boxes:
        each.x, each.y = x, y
        y += each.height + gap
        yield each


def tall(boxes: Sequence[Box], gap: float = 16) -> float:
    """How high they are, one under another."""
    return sum(each.height for each in boxes) + gap * max(len(boxes) - 1, 0)


def _escaped(text: str) -> str:
    return escape(_clean(text), {'"': "&quot;", "'": "&apos;"})


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)

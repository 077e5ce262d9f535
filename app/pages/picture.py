"""Draws the neighbours of one thing as three columns: what points to it, itself, what it points to.

The picture is plain geometry that a template writes as SVG, so it works without scripts. Columns rather than a
star, because names are long and lie level: they never overlap and read in order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1080
_BOX_WIDTH, _BOX_HEIGHT, _GAP, _GROUP_GAP = 282, 44, 8, 40
_LEFT_X, _RIGHT_X = 0, WIDTH - _BOX_WIDTH
_CENTRE_WIDTH = 220
_CENTRE_X = (WIDTH - _CENTRE_WIDTH) // 2
_LABEL_OFFSET = 12
_MARGIN = 28


@dataclass(frozen=True, slots=True)
class Link:
    """One neighbour to be drawn: the words on the edge, and of the node its name, kind, address and kind's name."""

    relation: str
    outgoing: bool
    name: str
    language: str
    kind: str
    kind_name: str
    href: str
    iri: str


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place; ``lines`` is its name cut to what fits."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    link: Link


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve from the centre to a node, as an SVG path."""

    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """The words of a relation above the nodes that it leads to."""

    x: int
    y: int
    text: str
    outgoing: bool
    left_out: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing in user units; ``left_out`` counts the neighbours that only the table shows."""

    width: int
    height: int
    centre: Box
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    labels: tuple[Label, ...]
    left_out: int


def draw(centre: Link, links: Sequence[Link], per_group: int = 5, per_side: int = 14) -> Picture:
    """Place the centre and its neighbours, at most ``per_group`` to a relation and ``per_side`` to a column."""
    sides = {
        outgoing: _grouped([link for link in links if link.outgoing is outgoing], per_group, per_side)
        for outgoing in (False, True)
    }
    height = max(220, *(_column_height(groups) for groups in sides.values()))
    middle = height // 2
    lines = _wrapped(centre.name, _CENTRE_WIDTH - 32, 3)
    tall = 44 + 22 * len(lines)
    boxes, edges, labels, left_out = [], [], [], 0
    for outgoing, groups in sides.items():
        y = (height - _column_height(groups)) // 2 + _MARGIN // 2
        x = _RIGHT_X if outgoing else _LEFT_X
        for relation, shown, more in groups:
            labels.append(Label(x + 2, y + _LABEL_OFFSET, relation, outgoing, more))
            left_out += more
            y += _LABEL_OFFSET + 10
            for link in shown:
                boxes.append(Box(x, y, _BOX_WIDTH, _BOX_HEIGHT, _wrapped(link.name, _BOX_WIDTH - 24, 1), link))
                edges.append(Edge(_curve(outgoing, middle, y + _BOX_HEIGHT // 2)))
                y += _BOX_HEIGHT + _GAP
            y += _GROUP_GAP - 22
    box = Box(_CENTRE_X, middle - tall // 2, _CENTRE_WIDTH, tall, lines, centre)
    return Picture(WIDTH, height, box, tuple(boxes), tuple(edges), tuple(labels), left_out)


def _grouped(links: Sequence[Link], per_group: int, per_side: int) -> list[tuple[str, list[Link], int]]:
    groups: dict[str, list[Link]] = {}
    for link in links:
        groups.setdefault(link.relation, []).append(link)
    result: list[tuple[str, list[Link], int]] = []
    room = per_side
    for place, (relation, members) in enumerate(groups.items()):
        # Every relation shows at least one neighbour while there is room, however many the first ones have.
        later = len(groups) - place - 1
        count = max(1, min(per_group, len(members), room - later))
        if room <= 0:
            result.append((relation, [], len(members)))
            continue
        result.append((relation, members[:count], len(members) - count))
        room -= count
    return result


def _column_height(groups: list[tuple[str, list[Link], int]]) -> int:
    body = sum(_LABEL_OFFSET + 10 + len(shown) * (_BOX_HEIGHT + _GAP) + _GROUP_GAP - 22 for _, shown, _ in groups)
    return body + _MARGIN


def _curve(outgoing: bool, from_y: int, to_y: int) -> str:
    if outgoing:
        start, end = _CENTRE_X + _CENTRE_WIDTH, _RIGHT_X
    else:
        start, end = _CENTRE_X, _LEFT_X + _BOX_WIDTH
    bend = (start + end) // 2
    return f"M{start} {from_y} C{bend} {from_y} {bend} {to_y} {end} {to_y}"


def text_width(text: str, size_px: int = 15) -> float:
    """Estimate the width of a text: Chinese characters are as wide as the type is high, others about half."""
    return sum(size_px if unicodedata.east_asian_width(char) in "WF" else size_px * 0.54 for char in text)


def _wrapped(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Cut a text into at most ``lines`` lines that fit, the last ending in an ellipsis if something is left out."""
    rest = " ".join(text.split())
    result: list[str] = []
    while rest and len(result) < lines:
        cut = _fitting(rest, width)
        if cut < len(rest) and len(result) < lines - 1:
            space = rest.rfind(" ", 0, cut + 1)
            cut = space if space > cut // 2 else cut
        if cut < len(rest) and len(result) == lines - 1:
            result.append(rest[: max(1, cut - 1)].rstrip() + "…")
            break
        result.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return tuple(result) or ("–",)


def _fitting(text: str, width: int) -> int:
    used = 0.0
    for place, char in enumerate(text):
        used += text_width(char)
        if used > width:
            return max(1, place)
    return len(text)

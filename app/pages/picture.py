"""Draws the neighbours of one thing in three columns, itself in the middle.

The picture is plain geometry that a template writes as SVG, so it works without scripts. Columns rather than a
star, because names are long and lie level: they never overlap and read in order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1080
_BOX_WIDTH, _BOX_HEIGHT, _LINE_HEIGHT, _GAP, _LABEL_HEIGHT, _GROUP_GAP = 282, 44, 19, 8, 22, 18
_LEFT_X, _RIGHT_X = 0, WIDTH - _BOX_WIDTH
_CENTRE_WIDTH = 220
_CENTRE_X = (WIDTH - _CENTRE_WIDTH) // 2
_LABEL_OFFSET = 12
_MARGIN = 28


@dataclass(frozen=True, slots=True)
class Link:
    """One neighbour: the words on the edge, and of the node its name, kind, address and kind's name.

    ``pictured`` is false for what only the table shows.
    """

    relation: str
    outgoing: bool
    name: str
    language: str
    kind: str
    kind_name: str
    href: str
    iri: str
    pictured: bool = True


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
    before: str
    text: str
    after: str
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


def draw(centre: Link, links: Sequence[Link], per_group: int = 5, per_side: int = 9) -> Picture:
    """Place the centre and its neighbours, at most ``per_group`` to a relation and ``per_side`` to a column."""
    sides = _sides(links, per_group, per_side)
    height = max(220, *(_column_height(groups) for groups in sides))
    middle = height // 2
    lines = _wrapped(centre.name, _CENTRE_WIDTH - 32, 3)
    centre_height = 44 + 22 * len(lines)
    boxes: list[Box] = []
    edges: list[Edge] = []
    labels: list[Label] = []
    for right, groups in enumerate(sides):
        y = (height - _column_height(groups)) // 2 + _MARGIN // 2
        x = _RIGHT_X if right else _LEFT_X
        for group in groups:
            labels.append(_label(group, bool(right), x + 2, y + _LABEL_OFFSET))
            y += _LABEL_HEIGHT
            for link in group.shown:
                tall = _box_height(link)
                boxes.append(Box(x, y, _BOX_WIDTH, tall, _name_lines(link), link))
                edges.append(Edge(_curve(bool(right), middle, y + tall // 2)))
                y += tall + _GAP
            y += _GROUP_GAP
    box = Box(_CENTRE_X, middle - centre_height // 2, _CENTRE_WIDTH, centre_height, lines, centre)
    return Picture(WIDTH, height, box, tuple(boxes), tuple(edges), tuple(labels), len(links) - len(boxes))


@dataclass(frozen=True, slots=True)
class _Group:
    relation: str
    outgoing: bool
    shown: list[Link]
    left_out: int


def _label(group: _Group, right: bool, x: int, y: int) -> Label:
    """An arrow shows which way the statement goes: towards the node, or from it to the centre."""
    outwards = "→ " if right else "← "
    before, after = (outwards, "") if group.outgoing else ("", " ←" if right else " →")
    return Label(x, y, before, group.relation, after, group.left_out)


def _sides(links: Sequence[Link], per_group: int, per_side: int) -> tuple[list[_Group], list[_Group]]:
    """Put what points to the centre on the left, what it points to on the right; terms go where there is room."""
    pictured = [link for link in links if link.pictured]
    incoming = [link for link in pictured if not link.outgoing]
    records = [link for link in pictured if link.outgoing and link.kind != "term"]
    terms = [link for link in pictured if link.outgoing and link.kind == "term"]
    left, right = _grouped(incoming, per_group, per_side), _grouped(records, per_group, per_side)
    for group in _grouped(terms, per_group, per_side):
        shorter = left if _column_height(left) <= _column_height(right) else right
        shorter.append(group)
    return left, right


def _grouped(links: Sequence[Link], per_group: int, per_side: int) -> list[_Group]:
    groups: dict[str, list[Link]] = {}
    for link in links:
        groups.setdefault(link.relation, []).append(link)
    result: list[_Group] = []
    room = per_side
    for place, (relation, members) in enumerate(groups.items()):
        # Every relation shows at least one neighbour while there is room, however many the first ones have.
        later = len(groups) - place - 1
        count = max(1, min(per_group, len(members), room - later))
        if room > 0:
            result.append(_Group(relation, members[0].outgoing, members[:count], len(members) - count))
        room -= count
    return result


def _column_height(groups: list[_Group]) -> int:
    boxes = sum(_box_height(link) + _GAP for group in groups for link in group.shown)
    return _MARGIN + boxes + len(groups) * (_LABEL_HEIGHT + _GROUP_GAP)


def _box_height(link: Link) -> int:
    return _BOX_HEIGHT + _LINE_HEIGHT * (len(_name_lines(link)) - 1)


def _name_lines(link: Link) -> tuple[str, ...]:
    return _wrapped(link.name, _BOX_WIDTH - 22, 2)


def _curve(right: bool, from_y: int, to_y: int) -> str:
    if right:
        start, end = _CENTRE_X + _CENTRE_WIDTH, _RIGHT_X
    else:
        start, end = _CENTRE_X, _LEFT_X + _BOX_WIDTH
    bend = (start + end) // 2
    return f"M{start} {from_y} C{bend} {from_y} {bend} {to_y} {end} {to_y}"


def text_width(text: str, size_px: int = 15) -> float:
    """Estimate the width of a text: Chinese characters are as wide as the type is high, others about half."""
    return sum(size_px if unicodedata.east_asian_width(char) in "WF" else size_px * 0.58 for char in text)


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

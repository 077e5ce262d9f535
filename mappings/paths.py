"""Paths into JSON as rule files write them: ``keyword[]``, ``extras[key=uri].value``, ``/license``, ``.``.

A path is a sequence of member names parted by dots. Reading passes through lists wherever they are met, so ``[]``
changes nothing there; writing makes a list where the path says ``[]``. ``extras[key=uri]`` is that element of a list
whose member ``key`` is ``uri``. A leading ``/`` starts from the whole record instead of the node at hand, and ``.``
alone is the node itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Pointer = tuple[str | int, ...]
"""Member names and list positions from the root of a record down to a value (RFC 6901, unescaped)."""

SELF = ""
"""The member under which the writer keeps the value of path ``.`` until its node is finished."""

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?:(?P<key>[^=\]]+)=(?P<value>[^\]]*))?(?P<list>)\])?")


class PathError(ValueError):
    """The text is not a path; ``args[0]`` is the text."""


@dataclass(frozen=True, slots=True)
class Step:
    """One member of a path: its name, whether it holds a list, and which element of the list is meant."""

    name: str
    many: bool = False
    where: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path; ``str()`` gives it back as written."""

    text: str
    steps: tuple[Step, ...]
    absolute: bool = False

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read a path. Raises :class:`PathError`."""
        absolute = text.startswith("/")
        body = text[1:] if absolute else text
        if body == ".":
            return cls(text, (), absolute)
        return cls(text, tuple(_parse_steps(body, text)), absolute)

    def __str__(self) -> str:
        return self.text

    @property
    def many(self) -> bool:
        """Whether the path has room for several values."""
        return any(step.many for step in self.steps)

    def read(self, node: Any, at: Pointer = ()) -> list[tuple[Pointer, Any]]:
        """Return the values that the path leads to, each with its pointer, without empty ones."""
        if self.steps and isinstance(node, dict) and self.steps[0].name not in node:
            return []
        found: list[tuple[Pointer, Any]] = [(at, node)]
        for step in self.steps:
            below: list[tuple[Pointer, Any]] = []
            for here, value in found:
                # The usual case by hand: half of an import's time is spent in this loop.
                if isinstance(value, dict) and step.where is None:
                    if step.name in value:
                        below.append(((*here, step.name), value[step.name]))
                else:
                    below.extend(_advance(here, value, step))
            found = below
        return [(here, value) for pair in found for here, value in _elements(*pair) if not is_empty(value)]

    def write(self, target: dict[str, Any], value: Any) -> bool:
        """Put ``value`` where the path leads; return whether there was room (a single place is filled only once)."""
        if not self.steps:
            return _fill(target, SELF, value)
        for step in self.steps[:-1]:
            target = _descend(target, step, self.steps[-1])
        last = self.steps[-1]
        if last.many:
            target.setdefault(last.name, []).append(value)
            return True
        return _fill(target, last.name, value)


def is_empty(value: Any) -> bool:
    """Say whether a JSON value carries nothing: null, or an empty text, list or object."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def _parse_steps(body: str, text: str) -> Iterator[Step]:
    position = 0
    while position <= len(body):
        match = _STEP.match(body, position)
        if match is None or (match.end() < len(body) and body[match.end()] != "."):
            raise PathError(text)
        where = (match["key"], match["value"]) if match["key"] else None
        yield Step(match["name"], match["list"] is not None and where is None, where)
        position = match.end() + 1


def _elements(at: Pointer, value: Any) -> Iterator[tuple[Pointer, Any]]:
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield (*at, index), element
    else:
        yield at, value


def _advance(at: Pointer, value: Any, step: Step) -> Iterator[tuple[Pointer, Any]]:
    for here, element in _elements(at, value):
        if isinstance(element, dict) and step.name in element:
            below = element[step.name]
            if step.where is None:
                yield (*here, step.name), below
            else:
                yield from _chosen((*here, step.name), below, *step.where)


def _chosen(at: Pointer, value: Any, key: str, wanted: str) -> Iterator[tuple[Pointer, Any]]:
    for here, element in _elements(at, value):
        if isinstance(element, dict) and element.get(key) == wanted:
            yield here, element


def _fill(target: dict[str, Any], name: str, value: Any) -> bool:
    if name in target:
        return False
    target[name] = value
    return True


def _descend(target: dict[str, Any], step: Step, last: Step) -> dict[str, Any]:
    if step.where is None and not step.many:
        below: dict[str, Any] = target.setdefault(step.name, {})
        return below
    elements: list[dict[str, Any]] = target.setdefault(step.name, [])
    if step.where is not None:
        key, wanted = step.where
        chosen = [element for element in elements if element.get(key) == wanted]
        return chosen[0] if chosen else _append(elements, {key: wanted})
    if not elements or (not last.many and last.name in elements[-1]):
        return _append(elements, {})
    return elements[-1]


def _append(elements: list[dict[str, Any]], element: dict[str, Any]) -> dict[str, Any]:
    elements.append(element)
    return element

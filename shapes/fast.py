"""The fast engine: the ``shacl`` package, compiled once and used many times. There is no wheel for some machines."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from shapes.guard import INEXACT_DATATYPES
from shapes.report import Result, messages_of, severity_name

try:
    import shacl

    AVAILABLE = True
except ImportError:  # no wheel for this machine: pySHACL alone checks
    AVAILABLE = False
"""Whether the package is there."""

NAME = "shacl"

_BLANK = re.compile(r"_:[0-9]+_b([0-9]+)")
# A label may hold dots but not end in one; what looks like a label inside a literal or an IRI is skipped.
_LABEL_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|<[^>]*>|(_:[^\s<>"]*[^\s<>".])')


class FastEngineError(ValueError):
    """The fast engine gave up; pySHACL must be asked."""


class FastShapes:
    """A compiled shapes graph in N-Triples. ``blank_nodes`` is the number of blank nodes in it.

    ``compared`` are the properties whose values the engine must not compare where they are of an inexact datatype,
    ``None`` if it may compare any (:func:`shapes.guard.compared`).
    Raises :class:`FastEngineError` if it does not compile or holds no shape, for no shape would pass everything.
    """

    def __init__(self, ntriples: str, blank_nodes: int, compared: Collection[str] | None) -> None:
        try:
            self._shapes = shacl.Shapes.from_text(ntriples, format="ntriples")
        except ValueError as error:
            raise FastEngineError(str(error)) from error
        if len(self._shapes) == 0:
            raise FastEngineError("no shapes")
        self._blank_nodes = blank_nodes
        self._compared = compared

    def check(self, ntriples: str, messages: Mapping[str, dict[str, str]]) -> list[Result]:
        """Return what is wrong with a data graph; ``messages`` are those of the shapes, by shape IRI.

        Raises :class:`FastEngineError`.
        """
        if any(datatype in ntriples for datatype in INEXACT_DATATYPES) and self._may_err(ntriples):
            raise FastEngineError("datatype")
        try:
            found = self._shapes.validate_text(ntriples, format="ntriples").results
        except ValueError as error:
            raise FastEngineError(str(error)) from error
        if not found:
            return []
        names = _BlankNodeNames(ntriples, self._blank_nodes)
        return [_result(item, names, messages) for item in found]

    def _may_err(self, ntriples: str) -> bool:
        """Say whether a value of an inexact datatype may be compared."""
        if self._compared is None:
            return True
        lines = (line for line in ntriples.split("\n") if any(datatype in line for datatype in INEXACT_DATATYPES))
        return any(line.split(None, 2)[1].strip("<>") in self._compared for line in lines)


class _BlankNodeNames:
    """Names of blank nodes as the text has them. The engine numbers them, after those of the shapes, as they appear."""

    def __init__(self, ntriples: str, offset: int) -> None:
        self._ntriples = ntriples
        self._offset = offset
        self._labels: list[str] | None = None

    def of(self, term: str | None) -> str:
        if term is None:
            return ""
        if term.startswith("<"):
            return term[1:-1]
        number = _BLANK.fullmatch(term)
        return self._label(int(number[1]) - self._offset, term) if number else term

    def _label(self, index: int, unknown: str) -> str:
        if self._labels is None:
            lines = "\n".join([line for line in self._ntriples.split("\n") if "_:" in line])
            self._labels = list(dict.fromkeys(filter(None, _LABEL_OR_TEXT.findall(lines))))
        return self._labels[index] if 0 <= index < len(self._labels) else unknown


def _result(item: shacl.Result, names: _BlankNodeNames, messages: Mapping[str, dict[str, str]]) -> Result:
    shape = item.source_shape or ""
    shape = shape[1:-1] if shape.startswith("<") else ""
    return Result(
        focus=names.of(item.focus_node),
        path=_path(item.path),
        value=names.of(item.value),
        severity=severity_name(item.severity_iri),
        component=item.component_iri,
        shape=shape,
        messages=messages_of(shape, item.component_iri, messages) or _untagged(item.messages),
    )


def _untagged(messages: list[str]) -> dict[str, str]:
    return {"": messages[0]} if messages else {}


def _path(path: str | None) -> str:
    if path is None:
        return ""
    return path[1:-1] if path.startswith("<") and path.count("<") == 1 and path.endswith(">") else path

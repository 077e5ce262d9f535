"""From a foreign JSON record to statements of our model, by the rules of its format."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, serialize

from mappings import values
from mappings.paths import Path, Pointer, is_empty
from mappings.rules import FieldRule, FormatRules, NodeRule
from mappings.values import Surroundings, Term, ValueProblem
from ontology.namespaces import DCAT, DCT, RDF

MAX_DEPTH = 100
"""Levels of nesting in one record; real records have fewer than fifteen."""

_TYPE = NamedNode(RDF + "type")
_PERIOD = NamedNode(DCT + "PeriodOfTime")
_START, _END = NamedNode(DCAT + "startDate"), NamedNode(DCAT + "endDate")
_SLUG_LENGTH = 60


class RecordProblem(ValueError):  # noqa: N818 - it becomes one record's outcome
    """A record cannot be converted at all; ``reason`` is a kebab-case code, ``value`` what was found."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason, value)
        self.reason = reason
        self.value = value[:200]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that conversion left behind.

    ``path`` is where it stood, list positions left out (``recordSet[].field[].source``); ``reason`` is ``no-rule`` or
    what is wrong with the value (``not-a-date``, ``unknown-code`` …); ``pointer`` is the JSON pointer of the first
    one, ``value`` its beginning, ``count`` how many there are. When writing, ``path`` is a chain of properties.
    """

    path: str
    reason: str
    pointer: str = ""
    value: str = ""
    count: int = 1


def slug(key: str, *more: str) -> str:
    """Return a short ASCII name for an identifier of one or more parts: the same for the same, else different."""
    ascii_only = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:_SLUG_LENGTH].strip("-")
    if short == key and not more:
        return short
    digest = hashlib.sha256("\n".join((key, *more)).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{short}-{digest}" if short else digest


def pointer_text(pointer: Pointer) -> str:
    """Write a pointer as RFC 6901 has it."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in pointer)


class RecordReader:
    """Reads one record; afterwards ``triples`` and ``losses()`` tell what came of it."""

    def __init__(self, rules: FormatRules, record: Any, around: Surroundings, base_iri: str) -> None:
        self._rules = rules
        self._record = record
        self._around = around
        self._triples: list[Triple] = []
        self._done: set[Pointer] = set()
        self._losses: dict[tuple[str, str], tuple[Pointer, Any, int]] = {}
        self._check_accepted()
        self.iri = self._identify(base_iri)

    def read(self) -> str:
        """Apply all rules and return N-Triples. Raises :class:`RecordProblem` for records nested too deeply."""
        self._fill_node(NamedNode(self.iri), self._rules.resource, self._record, ())
        self._unmapped((), self._record, 0)
        return (serialize(self._triples, format=RdfFormat.N_TRIPLES) or b"").decode()

    def losses(self) -> tuple[Loss, ...]:
        """Return what had no rule or did not fit its rule, in the order of the record."""
        return tuple(
            Loss(path, reason, pointer_text(at), _shorten(value), count)
            for (path, reason), (at, value, count) in self._losses.items()
        )

    def _check_accepted(self) -> None:
        if not isinstance(self._record, dict):
            raise RecordProblem("not-an-object", type(self._record).__name__)
        if self._rules.accept:
            path, accepted = self._rules.accept
            found = [str(value) for _, value in path.read(self._record)]
            if not accepted.intersection(found):
                raise RecordProblem("not-a-dataset", ", ".join(found))

    def _identify(self, base_iri: str) -> str:
        for _, value in self._first(self._rules.iri_paths, self._record, ()):
            try:
                named = values.iri(value)
            except ValueProblem:
                continue
            if named.value.startswith(("http://", "https://", "urn:")):
                return named.value
        for paths in self._rules.key_paths:
            parts = [_plain(value) for path in paths for _, value in path.read(self._record)[:1]]
            if len(parts) == len(paths) and all(parts):
                return f"{base_iri}id/dataset/{slug(*parts)}"
        raise RecordProblem("no-identity")

    def _first(self, paths: tuple[Path, ...], node: Any, at: Pointer) -> list[tuple[Pointer, Any]]:
        for path in paths:
            found = path.read(self._record) if path.absolute else path.read(node, at)
            if found:
                return found
        return []

    def _fill_node(self, subject: NamedNode | BlankNode, rule: NodeRule, node: Any, at: Pointer) -> None:
        self._triples.extend(Triple(subject, _TYPE, NamedNode(name)) for name in rule.classes)
        for path in (*rule.ignore, *rule.iri):
            found = path.read(node, at)
            if found:
                self._done.update(pointer for pointer, _ in found)
        for path, constant in rule.constants:
            self._done.update(pointer for pointer, value in path.read(node, at) if value == constant)
        members = node if isinstance(node, dict) else {}
        for field in rule.fields:
            if field.direction != "export" and (field.heads is None or not field.heads.isdisjoint(members)):
                self._apply(subject, field, node, at)

    def _apply(self, subject: NamedNode | BlankNode, field: FieldRule, node: Any, at: Pointer) -> None:
        found = self._first(field.paths, node, at)
        if not found:
            return
        if field.packed:
            found = list(_unpacked(found, field.packed))
        superseded = bool(field.unless and self._first(field.unless, node, at))
        prop = NamedNode(field.properties[0])
        for pointer, value in found:
            if _is_whole_object(field, pointer, at, value) or _is_known(field, value):
                continue
            terms = [] if superseded else self._terms_or_loss(field, value, pointer)
            if field.kind != "node" or not isinstance(value, dict):
                self._done.add(pointer)
            for term in terms:
                if not (field.or_resource and term.value == self.iri):
                    self._triples.append(Triple(subject, prop, term))

    def _terms_or_loss(self, field: FieldRule, value: Any, pointer: Pointer) -> list[Term]:
        try:
            return self._terms(field, value, pointer)
        except ValueProblem as problem:
            return self._otherwise(field, value, pointer, problem.reason)

    def _terms(self, field: FieldRule, value: Any, pointer: Pointer) -> list[Term]:
        if field.kind == "node":
            assert field.node is not None
            return self._node_terms(field.node, value, pointer)
        if field.kind == "interval":
            return [self._period(value)]
        return values.read(value, field, self._around)

    def _node_terms(self, rule: NodeRule, value: Any, pointer: Pointer) -> list[Term]:
        subject = self._subject(rule, value)
        if isinstance(subject, NamedNode) and isinstance(value, str):
            return [subject]
        before = len(self._triples)
        self._fill_node(subject, rule, value, pointer)
        if len(self._triples) > before + len(rule.classes):
            self._triples.extend(Triple(subject, NamedNode(prop), NamedNode(name)) for prop, name in rule.states)
            return [subject]
        # Nothing is said of it here: a reference, if it has a name at all.
        del self._triples[before:]
        if not isinstance(value, dict):
            raise ValueProblem("not-an-object")
        return [subject] if isinstance(subject, NamedNode) else []

    def _subject(self, rule: NodeRule, value: Any) -> NamedNode | BlankNode:
        candidates = self._first(rule.iri, value, ()) if isinstance(value, dict) else []
        if rule.iri and isinstance(value, str):
            candidates = [((), value)]
        for _, name in candidates:
            try:
                return values.iri(self._around.expand(name) if isinstance(name, str) else name)
            except ValueProblem:
                if isinstance(name, str) and isinstance(value, dict):
                    mark = "-" if "#" in self.iri else "#"
                    return NamedNode(self.iri + mark + quote(name, safe="/-._~:", errors="replace"))
        return BlankNode()

    def _period(self, value: Any) -> BlankNode:
        period = BlankNode()
        sides = zip((_START, _END), values.interval(value), strict=True)
        statements = [Triple(period, prop, side) for prop, side in sides if side is not None]
        self._triples.extend([Triple(period, _TYPE, _PERIOD), *statements])
        return period

    def _otherwise(self, field: FieldRule, value: Any, pointer: Pointer, reason: str) -> list[Term]:
        for choice in field.otherwise:
            try:
                if choice == "iri":
                    return [values.iri(value)]
                if choice == "node":
                    return [self._labelled(field, value)]
                return []
            except ValueProblem:
                continue
        self._lose(pointer, value, reason)
        return []

    def _labelled(self, field: FieldRule, value: Any) -> BlankNode:
        if not isinstance(value, str):
            raise ValueProblem("not-a-text")
        label = values.literal(value.strip(), field.language or self._around.language)
        node = BlankNode()
        self._triples.extend(Triple(node, _TYPE, NamedNode(name)) for name in field.classes)
        self._triples.append(Triple(node, NamedNode(field.label), label))
        return node

    def _lose(self, pointer: Pointer, value: Any, reason: str) -> None:
        key = (self._pattern(pointer), reason)
        at, first, count = self._losses.get(key, (pointer, value, 0))
        self._losses[key] = (at, first, count + 1)

    def _pattern(self, pointer: Pointer) -> str:
        text, node, selector = "", self._record, None
        for step in pointer:
            node = node[step]
            if isinstance(step, str):
                text, selector = (f"{text}.{step}" if text else step), self._rules.selectors.get(step)
            elif selector and isinstance(node, dict) and selector in node:
                text += f"[{selector}={_shorten(node[selector])}]"
            else:
                text += "[]"
        return text

    def _unmapped(self, at: Pointer, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise RecordProblem("too-deep", str(MAX_DEPTH))
        if is_empty(value) or (at and at in self._done):
            return
        if isinstance(value, dict):
            # What chooses an element of a list is no content of its own.
            selector = self._rules.selectors.get(str(at[-2])) if len(at) > 1 and isinstance(at[-1], int) else None
            for name, below in value.items():
                if name != selector:
                    self._unmapped((*at, name), below, depth + 1)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                self._unmapped((*at, index), below, depth + 1)
        else:
            self._lose(at, value, "no-rule")


def _is_whole_object(field: FieldRule, pointer: Pointer, at: Pointer, value: Any) -> bool:
    """Say whether path ``.`` met an object where it stands for the plain texts that some write instead of one."""
    if pointer != at or field.kind == "node" or not isinstance(value, dict):
        return False
    return "@value" not in value and not values.is_language_map(value)


def _is_known(field: FieldRule, value: Any) -> bool:
    return field.not_in is not None and isinstance(value, str) and field.not_in.find_iri(value) is not None


def _unpacked(found: list[tuple[Pointer, Any]], packed: str) -> Iterator[tuple[Pointer, Any]]:
    for pointer, value in found:
        # The elements of a real list are whole already.
        listed = bool(pointer) and isinstance(pointer[-1], int)
        parts = _unpack(value, packed) if isinstance(value, str) and not listed else [value]
        yield from ((pointer, part) for part in parts if not is_empty(part))


def _unpack(text: str, packed: str) -> list[Any]:
    if packed == "comma":
        return [part.strip() for part in text.split(",")]
    if packed == "space":
        return list(text.split())
    try:
        value = json.loads(text) if text[:1] in '[{"' else text
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("@value") or value.get("en") or next(iter(value.values()), "")
    return str(value) if isinstance(value, (str, int)) else ""


def _shorten(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    except RecursionError:
        text = type(value).__name__
    return text[:100].encode("utf-8", "replace").decode()

"""Foreign formats to and from DCAT: recognise a document, iterate over its records, write a record out.

Everything that is special to a format lives in its rule file; ``docs/mappings.md`` explains those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from mappings.jsonld import Renamer
from mappings.paths import Pointer
from mappings.reading import Loss, RecordProblem, RecordReader, pointer_text
from mappings.rules import Clue, FormatRules, shipped
from mappings.streaming import StreamProblem, iter_events, iter_json_records
from mappings.values import Surroundings
from mappings.writing import RecordWriter
from ontology.description import Description

FORMATS: tuple[str, ...] = ("dcat-us", "croissant", "ckan")
"""Names of the formats, in the order in which :func:`detect` tries them."""


@dataclass(frozen=True, slots=True)
class ForeignProblem:
    """Why a record, or the rest of a document, could not be converted: a kebab-case code and what was found."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One record of a foreign document: converted, or with the problem that prevented it.

    ``pointer`` is its JSON pointer in the document (for JSON Lines, ``/`` and the number of the value, from 0).
    ``ntriples`` states the record in our model; ``losses`` what of it has no place there.
    """

    pointer: str
    iri: str | None = None
    ntriples: str = ""
    losses: tuple[Loss, ...] = ()
    problem: ForeignProblem | None = None


@dataclass(frozen=True, slots=True)
class ForeignDocument:
    """A record written in a foreign format, and what that format could not hold."""

    document: dict[str, Any]
    losses: tuple[Loss, ...]

    def to_bytes(self) -> bytes:
        """Return the document as UTF-8 JSON, indented for people."""
        return json.dumps(self.document, ensure_ascii=False, indent=2).encode() + b"\n"


def get_rules(name: str) -> FormatRules:
    """Return the rules of a format. Raises ``KeyError`` for a name that is not in :data:`FORMATS`."""
    return shipped()[name]


def detect(head: bytes, name: str = "") -> str | None:
    """Return the foreign format of a document by its first bytes (a few KiB are enough) and its file's name.

    ``None`` for everything else, JSON-LD that speaks DCAT included.
    """
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        return None
    seen: dict[str, set[str]] = {}
    for prefix, _, value in iter_events(head.removeprefix(b"\xef\xbb\xbf")[:65_536]):
        path = ".".join(step for step in prefix.split(".") if step != "item")
        seen.setdefault(path, set()).add(str(value))
    for rules in shipped().values():
        if any(_fits(clue, seen, name) for clue in rules.clues):
            return rules.name
    return None


def iter_records(
    rules: str | FormatRules, stream: BinaryIO, base_iri: str, *, language: str | None = None
) -> Iterator[ForeignRecord]:
    """Iterate over the records of a document, one in memory at a time where the document is a list.

    ``rules`` is a format's name or rules read from a file; ``base_iri`` ends in ``/`` and begins the IRIs of records
    that bring none; ``language`` tags texts that do not say what they are in. Never raises for what the document
    holds: a record that cannot be converted comes with its problem, and so does the place where the document ends
    being readable.
    """
    rules = shipped()[rules] if isinstance(rules, str) else rules
    converter = _Converter(rules, base_iri, language)
    skipping = {path for path, skip in rules.records if skip}
    count = 0
    try:
        for path, pointer, record, context in iter_json_records(stream, tuple(path for path, _ in rules.records)):
            converted = converter.convert(record, context, pointer)
            if converted.problem is None or converted.problem.reason != "not-a-dataset" or path not in skipping:
                yield converted
            count += 1
    except StreamProblem as problem:
        yield ForeignRecord(f"/{count}" if count else "", problem=ForeignProblem(problem.reason, problem.detail))


def export(
    rules: str | FormatRules, description: Description, resource_iri: str, *, language: str = "en"
) -> ForeignDocument:
    """Write one record in a foreign format; ``language`` chooses where the format holds one text only.

    Raises ``KeyError`` for an unknown format. Labels of participants, services and the like appear where the
    description holds them beside the record's own statements.
    """
    rules = shipped()[rules] if isinstance(rules, str) else rules
    writer = RecordWriter(rules, description, resource_iri, language)
    document = writer.write()
    return ForeignDocument(document, writer.losses())


def _fits(clue: Clue, seen: dict[str, set[str]], name: str) -> bool:
    if clue.name and clue.name not in name.lower():
        return False
    return clue.path in seen and (not clue.contains or any(clue.contains in value for value in seen[clue.path]))


class _Converter:
    """Converts the records of one document."""

    def __init__(self, rules: FormatRules, base_iri: str, language: str | None) -> None:
        self._rules = rules
        self._base_iri = base_iri
        self._language = language or rules.language
        self._renamer = Renamer(rules.jsonld) if rules.jsonld else None

    def convert(self, record: Any, context: Any, pointer: Pointer) -> ForeignRecord:
        """Return the record in our model or its problem."""
        where = pointer_text(pointer)
        try:
            record, around, remote = self._prepared(record, context)
            reader = RecordReader(self._rules, record, around, self._base_iri)
            return ForeignRecord(where, reader.iri, reader.read(), remote + reader.losses())
        except RecordProblem as problem:
            return ForeignRecord(where, problem=ForeignProblem(problem.reason, problem.value))

    def _prepared(self, record: Any, context: Any) -> tuple[Any, Surroundings, tuple[Loss, ...]]:
        if self._renamer is None or not isinstance(record, dict):
            return record, Surroundings(self._language, self._rules.prefixes), ()
        self._renamer.remote.clear()
        active = self._renamer.context(record.get("@context", context))
        record = self._renamer.rename(record, active)
        around = Surroundings(active.language or self._language, self._renamer.prefixes)
        remote = [Loss("@context", "remote-context", "/@context", each[:100]) for each in self._renamer.remote]
        return record, around, tuple(remote)

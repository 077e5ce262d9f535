"""What intake hands on: a checked, canonical submission for each record, or the reason why there is none.

``reading`` turns bytes into statements, ``splitting`` statements into records, ``safety`` and ``canonical`` make a
record fit to keep, ``importing`` runs all of it in worker processes and registers what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from catalog.model import Finding, GraphIri, Iri, Kind


@dataclass(frozen=True, slots=True)
class Submission:
    """One record as it came in, read and safe to keep.

    ``content`` is its canonical N-Triples (RDFC-1.0): literals in the lexical forms submitted, blank nodes named
    ``_:c14n0`` and so on. ``hash`` is ``sha256:`` and the hash of that text, equal for isomorphic content.
    ``codes`` are the object code and legacy identifiers that it states (``dct:identifier``, ``skos:notation`` of
    ``adms:identifier``), ``subject_code`` a participant's unified social credit code. ``where`` names the place it
    came from: ``file:line`` or a node or a JSON pointer.
    """

    iri: Iri
    kind: Kind
    content: str
    hash: str
    publisher: str | None = None
    codes: tuple[str, ...] = ()
    subject_code: str | None = None
    findings: tuple[Finding, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that did not become a submission: the place, the resource if it is known, and the reason as data."""

    where: str
    iri: str | None
    code: str
    params: dict[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


class Status(StrEnum):
    """How one record ended."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record. ``code`` and ``params`` say why it was rejected, in terms of ``errors``."""

    where: str
    iri: str | None
    graph: GraphIri | None
    status: Status
    code: str = ""
    params: dict[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

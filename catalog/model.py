"""The words of the domain as types: record, kind, visibility, audience, change, finding, limits.

``docs/model.md`` says how each kind of record is written in RDF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from ontology.namespaces import DCAT, ODRL, SC

Iri = NewType("Iri", str)
GraphIri = NewType("GraphIri", str)

DEFAULT_GRAPH = GraphIri("urn:spacecat:default-graph")
"""Stands for the unnamed graph wherever a graph needs a name (changes, ledger)."""


class Kind(StrEnum):
    """What a record describes. The order is the order of precedence when a resource has several classes."""

    CATALOG = "catalog"
    SERIES = "dataset-series"
    DATASET = "dataset"
    SERVICE = "data-service"
    PARTICIPANT = "participant"
    COMPONENT = "component"
    SCENARIO = "scenario"
    DATA_MODEL = "data-model"
    POLICY = "policy"
    GRAPH = "graph"
    """A named graph that an operator keeps beside the records by SPARQL Update; never found by search."""


KIND_CLASSES: dict[str, Kind] = {
    DCAT + "Catalog": Kind.CATALOG,
    DCAT + "DatasetSeries": Kind.SERIES,
    DCAT + "Dataset": Kind.DATASET,
    DCAT + "DataService": Kind.SERVICE,
    SC + "Participant": Kind.PARTICIPANT,
    SC + "Component": Kind.COMPONENT,
    SC + "Scenario": Kind.SCENARIO,
    SC + "DataModel": Kind.DATA_MODEL,
    ODRL + "Policy": Kind.POLICY,
    ODRL + "Offer": Kind.POLICY,
    ODRL + "Set": Kind.POLICY,
    ODRL + "Agreement": Kind.POLICY,
}
"""Class IRI to kind. A policy counts as a record only where no other resource of the document points to it."""


class Visibility(StrEnum):
    """Who a record is for."""

    PUBLIC = "public"
    MEMBERS = "members"
    DRAFT = "draft"


class Audience(StrEnum):
    """Who is asking. Each sees all that the one before it sees; ``visibility.py`` holds the rule."""

    PUBLIC = "public"
    MEMBERS = "members"
    OPERATORS = "operators"


class Action(StrEnum):
    """What a change did to a record."""

    CREATED = "created"
    UPDATED = "updated"
    VISIBILITY = "visibility"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """SHACL severities, and ``UNSAFE`` for what is refused from every source."""

    INFO = "info"
    WARNING = "warning"
    VIOLATION = "violation"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check (SHACL §3.6.2), with its message by language tag."""

    severity: Severity
    focus: str
    path: str
    value: str
    component: str
    shape: str
    messages: dict[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """What the catalogue knows of one record beside its content. Times are UTC.

    ``iri`` is the resource described, ``graph`` the named graph that holds the record and the IRI of its
    ``dcat:CatalogRecord``; ``hash`` the canonical hash of the submitted content (``sha256:…``, RDFC-1.0).
    """

    graph: GraphIri
    iri: Iri
    kind: Kind
    visibility: Visibility
    hash: str
    source: str
    actor: str
    created: datetime
    modified: datetime
    code: str | None = None
    withdrawn: datetime | None = None
    seq: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """The last segment of the graph's IRI: what pages and the API call the record by."""
        return self.graph.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log, as followers (graph store, search index) receive it.

    ``content`` is the whole named graph as readers shall see it, in N-Triples, the catalogue record included and
    blank nodes named uniquely across records; empty when the record was withdrawn. A follower that sees the same
    change twice ends in the same state.
    """

    seq: int
    action: Action
    record: Record
    content: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request. ``rows`` counts solutions or triples of the result."""

    time_s: float
    memory_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Registration:
    """Who brings records in, from where, for whom, and what blocks them (``policy``: member | harvest | operator)."""

    actor: str
    source: str
    visibility: Visibility | None = None
    """``None``: public for what is new, unchanged for what is known."""
    policy: str = "member"
    graphs: dict[str, GraphIri] = field(default_factory=dict)
    """Names of graphs that differ from those derived from the resource (SPARQL Update keeps the caller's names)."""

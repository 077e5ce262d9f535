"""The three ports of the catalogue: where graphs live, where search looks, what turns text into vectors.

Each has an embedded engine and a real server's engine in ``catalog/engines``; one contract suite in
``tests/contract`` runs over both. RDF terms are ``pyoxigraph``'s (``NamedNode``, ``BlankNode``, ``Literal``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode

from catalog.model import Audience, Change, GraphIri, Iri, Kind, Limits

if TYPE_CHECKING:  # every worker starts with this module, and numpy would take half of its start
    import numpy as np
    from numpy.typing import NDArray

Term = NamedNode | BlankNode | Literal
Solution = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A stranger's SPARQL query with the dataset that the protocol's parameters describe (SPARQL 1.1 Protocol §2.1).

    ``base`` resolves relative IRIs of the text, where it is given.

    The media types are what the client accepts for solutions and booleans, and for triples; ``None`` means that it
    accepts none that we write, which is an error only if the query turns out to be of that form.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results_media_type: str | None = "application/sparql-results+json"
    graph_media_type: str | None = "text/turtle"
    base: str | None = None


@dataclass(slots=True)
class QueryResult:
    """A result as it streams. Iterating ``chunks`` may raise ``LimitExceededError`` after some were handed out:

    whoever sends them must then break the transfer off, so that the reader sees that it is cut short.
    """

    media_type: str
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """An operator's SPARQL Update with the dataset parameters of the protocol (§2.2)."""

    text: str
    using_graphs: tuple[str, ...] = ()
    using_named_graphs: tuple[str, ...] = ()
    base: str | None = None


class GraphStore(Protocol):
    """Named graphs, kept physically apart for each audience.

    The default graph of every query is the union of the graphs that the audience may see, unless the request names
    a dataset. Raises ``EngineUnavailableError`` and ``EngineFailedError`` from any method.
    """

    def position(self) -> int:
        """Return the sequence number of the last change that the graphs of every audience hold; 0 when new."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Make the graphs of each audience what the changes say, durably, each change in one transaction.

        Who sees a change's graph is ``visibility.audiences_of(change.record)``; for every other audience it is
        dropped. Interrupted at any moment, the store opens whole, at a position not after what it holds.
        """

    def triples(self, audience: Audience, graph: GraphIri) -> str | None:
        """Return one named graph as N-Triples, or ``None`` where this audience sees none."""

    def select(self, audience: Audience, query: str, bindings: Mapping[str, Term] | None = None) -> list[Solution]:
        """Run one of our own SELECT queries, trusted and bounded by its text; ``bindings`` fill variables."""

    def query(self, audience: Audience, request: QueryRequest, limits: Limits) -> QueryResult:
        """Run a stranger's query within limits that really end it, parsing included.

        Raises ``SyntaxInvalidError``, ``QueryRefusedError``, ``ParameterError`` (nothing acceptable) and, before the
        first chunk or while streaming, ``LimitExceededError``.
        """

    def rehearse(self, request: UpdateRequest, limits: Limits) -> dict[GraphIri, str]:
        """Run an update on a copy of all graphs and return those it changes, empty where it empties one.

        The contents are canonical N-Triples (RDFC-1.0). Nothing is stored. Raises as :meth:`query` does.
        """

    def reset(self) -> None:
        """Empty the graphs of every audience and go back to position 0, to be filled anew from the change log."""

    def close(self) -> None:
        """Release files, processes and connections."""


FACETS: tuple[str, ...] = (
    "kind",
    "theme",
    "industry",
    "publisher",
    "format",
    "licence",
    "frequency",
    "delivery",
    "language",
    "scenario",
)
"""Names of the facets, in the order in which pages show them. Values are IRIs, but kinds for ``kind``."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What somebody looks for. ``filters`` holds values per facet: any of them within one facet, all facets together.

    ``mode`` is ``hybrid``, ``keyword`` or ``vector``; ``sort`` is ``relevance``, ``modified`` or ``title`` (an empty
    query sorts by ``modified`` unless told). ``cursor`` is what an earlier page handed out.
    """

    text: str = ""
    language: str = "en"
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    size: int = 20
    cursor: str | None = None
    mode: str = "hybrid"
    facets: tuple[str, ...] = FACETS
    facet_size: int = 50


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a field's text, cut into (text, is a match) pieces for marking."""

    field: str
    language: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hit was found: ``words`` that match in ``field``, or nearness in ``meaning``; weight between 0 and 1."""

    kind: str
    field: str
    terms: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found. Texts are by language tag; ``values`` holds the record's own value of each facet."""

    graph: GraphIri
    iri: Iri
    kind: Kind
    score: float
    title: Mapping[str, str]
    description: Mapping[str, str]
    publisher: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    modified: datetime
    fragments: tuple[Fragment, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits with the facet counts of the whole result; ``next`` is the cursor of the page after it."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    next: str | None


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far the index is: changes indexed as text, records that still lack a vector, and whether it is rebuilt."""

    position: int
    records: int
    vectors_missing: int
    rebuilding: bool


class SearchIndex(Protocol):
    """A derived index over what ``visibility.is_findable``; each record is filed under the audiences that see it."""

    def position(self) -> int:
        """Return the sequence number of the last change indexed as text; 0 when new or of another version."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Index the changes in one commit together with the position; vectors may follow in the background."""

    def search(self, audience: Audience, request: SearchRequest) -> SearchPage:
        """Find records. Raises ``ParameterError`` for an unknown facet, sort, mode, or a cursor that is not ours."""

    def suggest(self, audience: Audience, prefix: str, size: int = 8) -> list[str]:
        """Complete a query from the titles and keywords that this audience may see."""

    def similar(self, audience: Audience, graph: GraphIri, size: int = 5) -> list[Hit]:
        """Return the records nearest in meaning to one record; empty where it has no vector yet."""

    def progress(self) -> IndexProgress:
        """Say how far the index is."""

    def rebuild(self, changes: Iterator[Sequence[Change]]) -> None:
        """Build a second index from all current records and put it in place at once, while the first one serves."""

    def close(self) -> None:
        """Finish the background work at hand and release files."""


class Embedder(Protocol):
    """Turns texts into unit vectors of a fixed length."""

    @property
    def model(self) -> str:
        """Name and version of the model; vectors of different models are never compared."""

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text, each of length 1 (or all zero for an empty text)."""

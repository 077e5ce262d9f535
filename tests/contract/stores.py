"""The graph stores that the contract suite runs over, and the changes it applies to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from catalog.engines.oxigraph import OxigraphStore
from catalog.engines.sparql_server import SparqlServerStore
from catalog.model import Action, Change, GraphIri, Iri, Kind, Limits, Record, Visibility
from catalog.ports import GraphStore, QueryRequest

LIMITS = Limits(time_s=10.0, memory_bytes=1 << 30, rows=10_000)
BASE = "http://127.0.0.1:8000"
URLS = "TEST_SPARQL_URLS"
HOW = (
    f"{URLS} is not set. Start a SPARQL 1.1 server and name its datasets there, with {{audience}} for public, members"
    " and operators; several servers with a space between. For instance Apache Jena Fuseki with three datasets,"
    " http://127.0.0.1:3030/{audience}; docs/sparql.md says how, also for `oxigraph serve`."
)


def server_urls() -> list[str]:
    return os.environ.get(URLS, "").split()


@contextmanager
def opened(engine: str, folder: Path) -> Iterator[GraphStore]:
    """Open the embedded store in ``folder``, or the server's, emptied."""
    store: GraphStore
    if engine == "oxigraph":
        store = OxigraphStore(folder)
    else:
        store = SparqlServerStore(engine)
        store.reset()
    try:
        yield store
    finally:
        store.close()


def graph(name: str) -> GraphIri:
    return GraphIri(f"{BASE}/record/{name}")


def content(name: str, title: str = "Title", blank: bool = True) -> str:
    subject = f"<{BASE}/id/dataset/{name}>"
    lines = [
        f"{subject} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .\n",
        f'{subject} <http://purl.org/dc/terms/title> "{title}"@en .\n',
        f'{subject} <http://purl.org/dc/terms/description> "a \\"quote\\"\\nand .\\n another <x> \\\\ {{}}"@en .\n',
        f"<{graph(name)}> <http://xmlns.com/foaf/0.1/primaryTopic> {subject} .\n",
    ]
    if blank:
        lines += [
            f"{subject} <http://www.w3.org/ns/dcat#contactPoint> _:{name}c0 .\n",
            f'_:{name}c0 <http://www.w3.org/2006/vcard/ns#fn> "Contact of {name}" .\n',
        ]
    return "".join(lines)


def change(
    seq: int,
    name: str,
    visibility: Visibility = Visibility.PUBLIC,
    text: str | None = None,
    action: Action = Action.CREATED,
    kind: Kind = Kind.DATASET,
    where: GraphIri | None = None,
) -> Change:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(
        graph=where or graph(name),
        iri=Iri(f"{BASE}/id/dataset/{name}"),
        kind=kind,
        visibility=visibility,
        hash=f"sha256:{seq}",
        source="test",
        actor="tester",
        created=moment,
        modified=moment,
        withdrawn=moment if action is Action.WITHDRAWN else None,
        seq=seq,
    )
    return Change(seq, action, record, "" if record.withdrawn else content(name) if text is None else text)


def withdrawn(seq: int, of: Change) -> Change:
    record = replace(of.record, withdrawn=of.record.modified, seq=seq)
    return Change(seq, Action.WITHDRAWN, record, "")


def same(one: str | None, other: str | None) -> bool:
    """Say whether two graphs in N-Triples are isomorphic."""
    return one == other or (one is not None and other is not None and _canonical(one) == _canonical(other))


def _canonical(triples: str) -> Dataset:
    dataset = Dataset(parse(triples, format=RdfFormat.N_TRIPLES))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def request(text: str, *default_graphs: str, named: tuple[str, ...] = (), **media_types: str | None) -> QueryRequest:
    return QueryRequest(text, default_graphs, named, **media_types)

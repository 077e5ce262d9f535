"""SPARQL Update on the catalogue: rehearsed on a copy, then committed as revisions of the records it touches."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import RdfFormat, parse

from catalog.canonical import content_hash, to_content
from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, IdentifierError, InputError, SyntaxInvalidError
from catalog.identifiers import looks_like_object_code
from catalog.importing import Document, Importer
from catalog.intake import Rejection, Submission
from catalog.ledger import Entry
from catalog.model import Action, Audience, GraphIri, Iri, Kind, Limits, Record, Visibility
from catalog.ports import UpdateRequest
from catalog.records import blocking_findings
from catalog.workers import Bounds, Replies, WorkerPool

SOURCE = "urn:spacecat:source:update"
"""Source of graphs that only updates wrote."""


@dataclass(frozen=True, slots=True)
class Serialised:
    """One RDF document as somebody sent it; ``base`` resolves its relative IRIs."""

    data: bytes
    media_type: str
    base: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Documents to be merged with each other and with what a graph holds already (N-Triples)."""

    documents: tuple[Serialised, ...]
    existing: str


class Updates:
    """Runs updates one after another, each whole or not at all.

    A graph that holds a record is revised: what the update leaves of it is read and checked as an import would be,
    and an emptied one is withdrawn. Any other graph is kept as it is, as a draft at first.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._one = threading.Lock()

    def run(self, request: UpdateRequest, limits: Limits, actor: str) -> list[GraphIri]:
        """Run an update and return the graphs it changed; on return every surface shows them.

        Raises as ``GraphStore.rehearse`` does; ``InputError`` where a record would not be acceptable any more, and
        ``ConflictError`` where a record's graph would describe something else.
        """
        with self._one:
            return self.replace(self._catalogue.graphs.rehearse(request, limits), actor)

    def replace(self, contents: Mapping[GraphIri, str], actor: str) -> list[GraphIri]:
        """Give graphs new content (canonical N-Triples) in one commit; return those that differ. Raises as ``run``."""
        catalogue = self._catalogue
        now = datetime.now(UTC).replace(microsecond=0)
        with catalogue.writing, Importer(catalogue) as importer:
            known = catalogue.ledger.records_of(contents)
            entries = []
            for graph, content in contents.items():
                record = known.get(graph)
                if record is None or record.kind is Kind.GRAPH:
                    entry = _plain_graph(record or _new_graph(graph, now), content)
                else:
                    entry = self._revision(importer, record, content)
                if entry is not None:
                    entries.append(replace(entry, record=_touched(entry, actor, now)))
            catalogue.following.hand_on(catalogue.ledger.commit(entries))
        return [entry.record.graph for entry in entries]

    def _revision(self, importer: Importer, record: Record, content: str) -> Entry | None:
        own = f"<{record.graph}> "  # what the catalogue says of the record itself it writes anew
        lines = [line for line in content.splitlines(keepends=True) if not line.startswith(own)]
        if not lines:
            return None if record.withdrawn else Entry(record, Action.WITHDRAWN)
        submission = _read(importer, record, "".join(lines))
        if submission.hash == record.hash and record.withdrawn is None:
            return None
        blocking = blocking_findings(submission.findings, "operator")
        if blocking:
            raise IdentifierError("record-blocked", where=record.graph, count=len(blocking))
        revised = replace(
            record,
            kind=submission.kind,
            hash=submission.hash,
            code=self._code(record, submission),
            findings=submission.findings,
        )
        aliases = tuple(code for code in submission.codes if code != revised.code)
        return Entry(revised, Action.UPDATED, submission.content, aliases, submission.subject_code)

    def _code(self, record: Record, submission: Submission) -> str | None:
        stated = next((code for code in submission.codes if looks_like_object_code(code)), None)
        if stated is None or record.code is None:
            return record.code
        holder = self._catalogue.ledger.codes_taken({stated}).get(stated, record.graph)
        if holder != record.graph:
            raise IdentifierError("object-code-taken", where=stated, graph=holder)
        return stated

    def write(self, graph: GraphIri, documents: Sequence[Serialised], merge: bool, limits: Limits, actor: str) -> bool:
        """Make documents the content of a graph, or with ``merge`` add them to it; return whether it is a new one.

        Raises ``SyntaxInvalidError`` and ``LimitExceededError`` besides what ``run`` raises.
        """
        with self._one:
            existing = self._catalogue.graphs.triples(Audience.OPERATORS, graph)
            parts = Parts(tuple(documents), (existing or "") if merge else "")
            self.replace({graph: _merged(parts, Bounds(limits.time_s, limits.memory_bytes))}, actor)
            return existing is None


def _merged(parts: Parts, bounds: Bounds) -> str:
    reading = WorkerPool("catalog.updates:read_parts", 1)
    try:
        (content,) = reading.call(parts, bounds)
        return str(content)
    finally:
        reading.close()


def read_parts(parts: Parts, replies: Replies) -> None:
    """Reply with the merged content of documents as canonical N-Triples. Runs in a worker."""
    lines = parts.existing.splitlines()
    for document in parts.documents:
        form = RdfFormat.from_media_type(document.media_type)
        try:
            quads = parse(document.data, format=form, base_iri=document.base, rename_blank_nodes=True)
            lines += [str(quad.triple) + " ." for quad in quads]
        except SyntaxError as error:
            raise SyntaxInvalidError("syntax-error", where=f"line {error.lineno}", value=error.msg) from error
    replies.send(to_content(lines))


def _read(importer: Importer, record: Record, content: str) -> Submission:
    with TemporaryDirectory(prefix="spacecat-") as folder:
        path = Path(folder) / "graph.nt"
        path.write_text(content, encoding="utf-8")
        results = list(importer.iter_submissions([Document(path, record.graph, "application/n-triples", None)]))
    for result in results:
        if isinstance(result, Rejection):
            raise InputError(result.code, where=result.where, **result.params)
    submissions = [result for result in results if isinstance(result, Submission)]
    if [submission.iri for submission in submissions] != [record.iri]:
        raise ConflictError("graph-describes-other", where=record.graph, iri=record.iri)
    return submissions[0]


def _new_graph(graph: GraphIri, now: datetime) -> Record:
    return Record(graph, Iri(graph), Kind.GRAPH, Visibility.DRAFT, "", SOURCE, "", created=now, modified=now)


def _plain_graph(record: Record, content: str) -> Entry | None:
    digest = content_hash(content)
    is_there = bool(record.hash) and record.withdrawn is None
    if not content:
        return Entry(record, Action.WITHDRAWN) if is_there else None
    if is_there and record.hash == digest:
        return None
    action = Action.UPDATED if record.hash else Action.CREATED
    return Entry(replace(record, hash=digest, withdrawn=None), action, content)


def _touched(entry: Entry, actor: str, now: datetime) -> Record:
    withdrawn = now if entry.action is Action.WITHDRAWN else None
    return replace(entry.record, modified=now, actor=actor, withdrawn=withdrawn)

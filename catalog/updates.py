"""SPARQL Update on the catalogue: rehearsed on a copy, then committed as revisions of the records it touches."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from catalog.canonical import content_hash, to_content
from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, IdentifierError, InputError
from catalog.identifiers import looks_like_object_code
from catalog.importing import Document, Importer
from catalog.intake import Rejection, Submission
from catalog.ledger import Entry
from catalog.model import Action, GraphIri, Iri, Kind, Limits, Record, Visibility
from catalog.ports import UpdateRequest
from catalog.records import blocking_findings

SOURCE = "urn:spacecat:source:update"
"""Source of graphs that only updates wrote."""


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
        """Give graphs new content (N-Triples), all in one commit, and return those that differ. Raises as ``run``."""
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
    canonical = to_content(content.splitlines())
    digest = content_hash(canonical)
    is_there = bool(record.hash) and record.withdrawn is None
    if not canonical:
        return Entry(record, Action.WITHDRAWN) if is_there else None
    if is_there and record.hash == digest:
        return None
    action = Action.UPDATED if record.hash else Action.CREATED
    return Entry(replace(record, hash=digest, withdrawn=None), action, canonical)


def _touched(entry: Entry, actor: str, now: datetime) -> Record:
    withdrawn = now if entry.action is Action.WITHDRAWN else None
    return replace(entry.record, modified=now, actor=actor, withdrawn=withdrawn)

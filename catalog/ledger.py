"""The ledger: records, the change log and the submitted documents, in a relational database.

It is the authority. A commit here is what the catalogue acknowledges; the graph store and the search index follow
the change log and can be made anew from it (docs/adr/0002).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row

from catalog.catalogue_record import compose_graph
from catalog.model import Action, Change, Finding, GraphIri, Iri, Kind, Record, Severity, Visibility

_T = TypeVar("_T")
_CHUNK = 500
"""Values per ``IN`` list: below the limit on parameters of every database we use."""

_FINDING = tuple(field.name for field in fields(Finding))
_to_json = json.JSONEncoder(ensure_ascii=False).encode

_metadata = MetaData()

_records = Table(
    "record",
    _metadata,
    Column("graph", String, primary_key=True),
    Column("iri", Text, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created", DateTime, nullable=False),
    Column("modified", DateTime, nullable=False),
    Column("withdrawn", DateTime),
    Column("code", String, unique=True),
    Column("subject_code", String),
    Column("findings", Text, nullable=False),
    Column("seq", Integer, nullable=False, unique=True),
    Index("record_kind", "kind", "graph"),
)
_changes = Table(
    "change",
    _metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("graph", String, nullable=False),
    Column("action", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Index("change_graph", "graph", "seq"),
)
_documents = Table(
    "document",
    _metadata,
    Column("hash", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
_aliases = Table(
    "alias",
    _metadata,
    Column("alias", String, primary_key=True),
    Column("graph", String, ForeignKey("record.graph"), primary_key=True, index=True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change to be committed: the record as it shall be, what was done, and the document if it is a new one.

    ``aliases`` are the legacy identifiers of the record, ``subject_code`` the credit code of a participant.
    """

    record: Record
    action: Action
    document: str | None = None
    aliases: tuple[str, ...] = ()
    subject_code: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history: what was done to it, when (UTC), by whom, from which source."""

    seq: int
    action: Action
    hash: str
    visibility: Visibility
    source: str
    actor: str
    at: datetime


class Ledger:
    """Records and their changes. Thread-safe for reading; writers are serialised by ``catalog/records.py``."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _make_sqlite_durable)
        _metadata.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def position(self) -> int:
        """Return the sequence number of the last change; 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.coalesce(func.max(_changes.c.seq), 0))) or 0

    def commit(self, entries: Sequence[Entry]) -> list[Change]:
        """Write all entries in one durable transaction and return them as changes with their sequence numbers."""
        with self._engine.begin() as connection:
            first = (connection.scalar(select(func.max(_changes.c.seq))) or 0) + 1
            numbered = [
                replace(entry, record=replace(entry.record, seq=first + offset)) for offset, entry in enumerate(entries)
            ]
            _write_documents(connection, numbered)
            _write_records(connection, numbered)
            _write_aliases(connection, numbered)
            if numbered:
                connection.execute(insert(_changes), [_change_row(entry) for entry in numbered])
            contents = self._contents(connection, numbered)
        return [
            Change(entry.record.seq, entry.action, entry.record, contents[entry.record.graph]) for entry in numbered
        ]

    def _contents(self, connection: Connection, entries: Sequence[Entry]) -> dict[str, str]:
        missing = {e.record.hash for e in entries if e.document is None and e.record.withdrawn is None}
        stored = _read_documents(connection, missing)
        return {
            entry.record.graph: ""
            if entry.record.withdrawn
            else compose_graph(entry.record, stored[entry.record.hash] if entry.document is None else entry.document)
            for entry in entries
        }

    def update_findings(self, findings: dict[GraphIri, tuple[Finding, ...]]) -> None:
        """Replace what the checks say of records whose content did not change."""
        with self._engine.begin() as connection:
            for graph, found in findings.items():
                connection.execute(
                    update(_records).where(_records.c.graph == graph).values(findings=_findings_json(found))
                )

    def changes_after(self, seq: int, limit: int) -> list[Change]:
        """Return the present state of the next records changed after ``seq``, by sequence number.

        Of several changes to one record only the last is returned: a follower needs no more.
        """
        with self._engine.connect() as connection:
            query = select(_records).where(_records.c.seq > seq).order_by(_records.c.seq).limit(limit)
            rows = connection.execute(query).all()
            records = [_record(row) for row in rows]
            stored = _read_documents(connection, {r.hash for r in records if r.withdrawn is None})
            actions = {
                row.seq: Action(row.action)
                for chunk in _chunks([record.seq for record in records])
                for row in connection.execute(select(_changes).where(_changes.c.seq.in_(chunk)))
            }
        return [
            Change(r.seq, actions[r.seq], r, "" if r.withdrawn else compose_graph(r, stored[r.hash])) for r in records
        ]

    def find_record(self, graph: str) -> Record | None:
        """Return the record of a named graph, withdrawn ones included."""
        return self._find(_records.c.graph == graph)

    def find_by_iri(self, iri: str) -> Record | None:
        """Return the record that describes the resource ``iri``."""
        return self._find(_records.c.iri == iri)

    def find_by_code(self, code: str) -> list[Record]:
        """Return the record with this object code, or those with this legacy identifier as an alias."""
        with self._engine.connect() as connection:
            own = connection.execute(select(_records).where(_records.c.code == code)).all()
            if own:
                return [_record(row) for row in own]
            query = select(_records).join(_aliases, _aliases.c.graph == _records.c.graph)
            return [_record(row) for row in connection.execute(query.where(_aliases.c.alias == code))]

    def _find(self, condition: object) -> Record | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(_records).where(condition)).first()  # type: ignore[arg-type]
            return _record(row) if row else None

    def records_of(self, graphs: Iterable[str]) -> dict[str, Record]:
        """Return the records of many named graphs by graph."""
        with self._engine.connect() as connection:
            return {
                row.graph: _record(row)
                for chunk in _chunks(list(graphs))
                for row in connection.execute(select(_records).where(_records.c.graph.in_(chunk)))
            }

    def subject_codes(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the credit codes of those resources that are participants with one."""
        with self._engine.connect() as connection:
            return {
                row.iri: row.subject_code
                for chunk in _chunks(list(iris))
                for row in connection.execute(
                    select(_records.c.iri, _records.c.subject_code).where(
                        _records.c.iri.in_(chunk), _records.c.subject_code.is_not(None)
                    )
                )
            }

    def codes_taken(self, codes: Iterable[str]) -> dict[str, str]:
        """Return those object codes that belong to a record already, with its graph."""
        with self._engine.connect() as connection:
            return {
                row.code: row.graph
                for chunk in _chunks(list(codes))
                for row in connection.execute(
                    select(_records.c.code, _records.c.graph).where(_records.c.code.in_(chunk))
                )
            }

    def aliases(self, graph: str) -> list[str]:
        """Return the legacy identifiers of a record."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(_aliases.c.alias).where(_aliases.c.graph == graph)))

    def iter_records(
        self,
        *,
        after: str = "",
        kind: Kind | None = None,
        visibilities: Iterable[Visibility] | None = None,
        source: str | None = None,
        withdrawn: bool | None = None,
    ) -> Iterator[Record]:
        """Iterate over records by graph, from the one after ``after``; withdrawn ones included unless told."""
        query = select(_records).where(_records.c.graph > after).order_by(_records.c.graph)
        if kind is not None:
            query = query.where(_records.c.kind == kind)
        if visibilities is not None:
            query = query.where(_records.c.visibility.in_(list(visibilities)))
        if source is not None:
            query = query.where(_records.c.source == source)
        if withdrawn is not None:
            query = query.where(_records.c.withdrawn.is_not(None) if withdrawn else _records.c.withdrawn.is_(None))
        with self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=200).execute(query):
                yield _record(row)

    def count_by_kind(self, visibilities: Iterable[Visibility]) -> dict[Kind, int]:
        """Return how many records of each kind there are among those with one of the visibilities, none withdrawn."""
        query = (
            select(_records.c.kind, func.count())
            .where(_records.c.withdrawn.is_(None), _records.c.visibility.in_(list(visibilities)))
            .group_by(_records.c.kind)
        )
        with self._engine.connect() as connection:
            return {Kind(kind): count for kind, count in connection.execute(query)}

    def history(self, graph: str) -> list[Event]:
        """Return every change of a record, oldest first."""
        with self._engine.connect() as connection:
            query = select(_changes).where(_changes.c.graph == graph).order_by(_changes.c.seq)
            return [
                Event(
                    row.seq,
                    Action(row.action),
                    row.hash,
                    Visibility(row.visibility),
                    row.source,
                    row.actor,
                    row.at.replace(tzinfo=UTC),
                )
                for row in connection.execute(query)
            ]

    def find_content(self, record: Record) -> str | None:
        """Return the named graph of a record as readers see it, with every literal as it was submitted."""
        document = self.find_document(record.hash)
        return None if document is None or record.withdrawn else compose_graph(record, document)

    def find_document(self, content_hash: str) -> str | None:
        """Return a submitted document, with every literal as it was written, as canonical N-Triples."""
        with self._engine.connect() as connection:
            return _read_documents(connection, {content_hash}).get(content_hash)


def _make_sqlite_durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_documents(connection: Connection, entries: Sequence[Entry]) -> None:
    documents = {entry.record.hash: entry.document for entry in entries if entry.document is not None}
    for chunk in _chunks(list(documents)):
        for known in connection.scalars(select(_documents.c.hash).where(_documents.c.hash.in_(chunk))):
            del documents[known]
    if documents:
        rows = [{"hash": key, "content": zlib.compress(text.encode(), 1)} for key, text in documents.items()]
        connection.execute(insert(_documents), rows)


def _read_documents(connection: Connection, hashes: set[str]) -> dict[str, str]:
    return {
        row.hash: zlib.decompress(row.content).decode()
        for chunk in _chunks(list(hashes))
        for row in connection.execute(select(_documents).where(_documents.c.hash.in_(chunk)))
    }


def _write_records(connection: Connection, entries: Sequence[Entry]) -> None:
    known = {
        row.graph: row.subject_code
        for chunk in _chunks([entry.record.graph for entry in entries])
        for row in connection.execute(
            select(_records.c.graph, _records.c.subject_code).where(_records.c.graph.in_(chunk))
        )
    }
    fresh = [_record_row(entry) for entry in entries if entry.record.graph not in known]
    if fresh:
        connection.execute(insert(_records), fresh)
    for entry in entries:
        if entry.record.graph in known:
            row = _record_row(entry)
            if entry.document is None:
                row["subject_code"] = known[entry.record.graph]
            connection.execute(update(_records).where(_records.c.graph == entry.record.graph).values(row))


def _write_aliases(connection: Connection, entries: Sequence[Entry]) -> None:
    described = [entry for entry in entries if entry.document is not None]
    for chunk in _chunks([entry.record.graph for entry in described]):
        connection.execute(delete(_aliases).where(_aliases.c.graph.in_(chunk)))
    rows = [{"alias": alias, "graph": e.record.graph} for e in described for alias in dict.fromkeys(e.aliases)]
    if rows:
        connection.execute(insert(_aliases), rows)


def _record_row(entry: Entry) -> dict[str, object]:
    record = entry.record
    return {
        "graph": record.graph,
        "iri": record.iri,
        "kind": record.kind.value,
        "visibility": record.visibility.value,
        "hash": record.hash,
        "source": record.source,
        "actor": record.actor,
        "created": _naive(record.created),
        "modified": _naive(record.modified),
        "withdrawn": _naive(record.withdrawn) if record.withdrawn else None,
        "code": record.code,
        "subject_code": entry.subject_code,
        "findings": _findings_json(record.findings),
        "seq": record.seq,
    }


def _change_row(entry: Entry) -> dict[str, object]:
    record = entry.record
    return {
        "seq": record.seq,
        "graph": record.graph,
        "action": entry.action.value,
        "hash": record.hash,
        "visibility": record.visibility.value,
        "source": record.source,
        "actor": record.actor,
        "at": _naive(record.modified),
    }


def _record(row: Row[tuple[object, ...]]) -> Record:
    return Record(
        graph=GraphIri(row.graph),
        iri=Iri(row.iri),
        kind=Kind(row.kind),
        visibility=Visibility(row.visibility),
        hash=row.hash,
        source=row.source,
        actor=row.actor,
        created=row.created.replace(tzinfo=UTC),
        modified=row.modified.replace(tzinfo=UTC),
        withdrawn=row.withdrawn.replace(tzinfo=UTC) if row.withdrawn else None,
        code=row.code,
        seq=row.seq,
        findings=_findings(row.findings),
    )


def _findings_json(findings: Sequence[Finding]) -> str:
    # dataclasses.asdict copies every message, and takes ten times as long.
    return _to_json([{name: getattr(finding, name) for name in _FINDING} for finding in findings]) if findings else "[]"


def _findings(text: str) -> tuple[Finding, ...]:
    if text == "[]":
        return ()
    return tuple(Finding(**{**item, "severity": Severity(item["severity"])}) for item in json.loads(text))


def _naive(moment: datetime) -> datetime:
    """Databases disagree on zones, so times are stored as UTC without one."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]

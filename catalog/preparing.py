"""What the worker of an import does: read one document into a spool, then send its records, checked, in order.

The parent (``importing``) may start the walk anew at any position, when a record killed the process.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol, cast

from catalog.checking import check_all, place
from catalog.errors import LimitExceededError, SyntaxInvalidError
from catalog.intake import Rejection, Submission
from catalog.model import KIND_CLASSES, Finding, Kind, Severity
from catalog.reading import find_syntax, iter_statements, open_plain
from catalog.splitting import Description, Spool
from catalog.syntaxes.jsonld import check_nesting
from catalog.syntaxes.statements import Problem
from catalog.workers import Replies
from ontology.namespaces import RDF

WORKER = "catalog.preparing:prepare"
_HEAD_BYTES = 1 << 16
_MOST_LEFTOVERS = 100
_KNOWN = ", ".join(sorted(iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1] for iri in KIND_CLASSES))
_OWN_TEXTS = frozenset({"number-too-long"})
"""Reasons why foreign JSON cannot be read that have a text of their own; the others go into a common one."""


class ForeignFormats(Protocol):
    """What is asked of the module that converts foreign JSON (``mappings.formats``)."""

    def detect(self, head: bytes, name: str = "") -> str | None:
        """Return the name of the format, or ``None`` for RDF and the unknown."""

    def iter_records(self, rules: str, stream: IO[bytes], base_iri: str) -> Iterable[Any]:
        """Iterate over records with ``pointer``, ``iri``, ``ntriples``, ``losses`` and ``problem``."""


@dataclass(frozen=True, slots=True)
class Job:
    """One document to prepare. ``spool`` names a file that does not exist before the first run.

    ``base`` resolves relative IRIs, ``catalogue_iri`` is this catalogue's own base, ``foreign`` the module that
    converts foreign JSON. Records come from position ``start`` on, ``batch`` at a time; ``filled`` says that an
    earlier run filled the spool.
    """

    path: str
    name: str
    spool: str
    catalogue_iri: str
    media_type: str | None = None
    base: str | None = None
    foreign: str = ""
    start: int = 1
    batch: int = 100
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes of the document that were read, as stored."""

    bytes_read: int


@dataclass(frozen=True, slots=True)
class Walking:
    """The document is read; it holds this many records, if that is known before the last one."""

    records: int | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records up to ``position``, as submissions or rejections."""

    position: int
    results: tuple[Submission | Rejection, ...]


def prepare(job: Job, replies: Replies) -> None:
    """Prepare one document; replies ``Reading`` many times, ``Walking`` once, then ``Prepared``.

    Raises what reading raises where the document is refused as a whole.
    """
    with Path(job.path).open("rb") as file:
        stream = open_plain(file)
        head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        check_nesting(head)
        formats = cast(ForeignFormats, importlib.import_module(job.foreign)) if job.foreign else None
        foreign = formats.detect(head, job.name) if formats else None
        if formats and foreign:
            replies.send(Walking(None))
            records = formats.iter_records(foreign, stream, job.catalogue_iri)
            _send(job, replies, _iter_foreign(job, records))
            return
        if not job.filled:
            _fill(job, replies, head, stream, file)
    _walk(job, replies)


def _fill(job: Job, replies: Replies, head: bytes, stream: Any, file: IO[bytes]) -> None:
    syntax = find_syntax(job.name, job.media_type, head)
    if syntax is None:
        raise SyntaxInvalidError("syntax-unknown")
    spool = Spool(job.spool)
    for item in iter_statements(stream, syntax, job.base):
        if isinstance(item, Problem):
            spool.add_problem(item)
        else:
            spool.add(item)
            replies.send(Reading(file.tell()))
    spool.finish(job.catalogue_iri + "record/")
    spool.close()


def _walk(job: Job, replies: Replies) -> None:
    spool = Spool(job.spool)
    total = spool.count()
    replies.send(Walking(total))
    _send(job, replies, _iter_items(job, spool))
    strays = list(_strays(job, spool))
    if total == 0:
        strays.append(Rejection(job.name, None, "no-record-found", params={"known": _KNOWN}))
    else:
        strays += _leftovers(job, spool)
    replies.send(Prepared(total, tuple(strays)))


def _leftovers(job: Job, spool: Spool) -> Iterator[Rejection]:
    found, more = spool.find_leftovers(_MOST_LEFTOVERS)
    for leftover in found:
        params: dict[str, object] = {"value": ", ".join(leftover.classes)[:500], "known": _KNOWN}
        yield Rejection(place(job.name, leftover.line), leftover.subject[1:-1], "kind-unknown", params=params)
    if more:
        yield Rejection(job.name, None, "kinds-unknown", params={"value": more, "known": _KNOWN})


def _strays(job: Job, spool: Spool) -> Iterator[Rejection]:
    for problem in spool.iter_stray_problems():
        subject = problem.subject.strip("<>") if problem.subject else None
        params: dict[str, object] = {"value": problem.value, "path": problem.path}
        yield Rejection(place(job.name, problem.line), subject, problem.code, params)


_Item = Description | Rejection


def _send(job: Job, replies: Replies, items: Iterator[_Item]) -> None:
    """Check and send what comes, some at a time; each item is one position."""
    position = job.start - 1
    while batch := list(islice(items, job.batch)):
        checked = iter(check_all([item for item in batch if isinstance(item, Description)], job.name))
        results = tuple(next(checked) if isinstance(item, Description) else item for item in batch)
        position += len(batch)
        replies.send(Prepared(position, results))


def _iter_items(job: Job, spool: Spool) -> Iterator[_Item]:
    for description in spool.iter_descriptions(job.start):
        if isinstance(description, LimitExceededError):
            where = description.where.strip("<>")
            yield Rejection(job.name, where, description.code, description.params)
        else:
            yield description


def _iter_foreign(job: Job, records: Iterable[Any]) -> Iterator[_Item]:
    for position, record in enumerate(records, 1):
        if position < job.start:
            continue
        if record.problem is not None:
            yield _unusable(job, record)
            continue
        lines = record.ntriples.rstrip("\n").split("\n")
        losses = tuple(_loss(record.iri, loss) for loss in record.losses)
        yield Description(position, f"<{record.iri}>", _kind(record.iri, lines), lines, record.pointer, [], losses)


def _unusable(job: Job, record: Any) -> Rejection:
    problem = record.problem
    code = problem.reason if problem.reason in _OWN_TEXTS else "foreign-record-unusable"
    params = {"reason": problem.reason, "value": problem.detail}
    return Rejection(place(job.name, record.pointer), record.iri, code, params=params)


def _kind(iri: str, lines: list[str]) -> Kind:
    start = f"<{iri}> <{RDF}type> <"
    kinds = {KIND_CLASSES.get(line[len(start) : -3]) for line in lines if line.startswith(start)}
    return next((kind for kind in Kind if kind in kinds), Kind.DATASET)


def _loss(iri: str, loss: Any) -> Finding:
    return Finding(Severity.INFO, iri, loss.path, f"{loss.reason}: {loss.value}", "conversion-loss", "", {})

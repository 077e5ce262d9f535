"""Operations that bring records in: import, and the check that stores nothing."""

from __future__ import annotations

import json
import logging
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.api.operations import Call, Operation, Parameter, Text
from app.api.present import write_outcome
from app.errors import problem_of
from app.formats import FORMATS, find_format
from catalog.errors import (
    EngineFailedError,
    EngineUnavailableError,
    LimitExceededError,
    ParameterError,
    SpacecatError,
)
from catalog.identifiers import source_iri
from catalog.importing import Document, Importer, Progress, received
from catalog.intake import Outcome, Rejection, Status, Submission
from catalog.model import Registration, Visibility
from catalog.records import BLOCKING, rehearse

FOREIGN = "mappings.formats"
"""The module that brings foreign formats to our model; ``catalog`` may not know it."""

NDJSON = "application/x-ndjson"
VALIDATE_MAX_BYTES = 2 << 20
VALIDATE_MAX_RECORDS = 200
_VALIDATE_S = 20.0
_RECORD_S = 5.0
_MEMORY_MB = 1024
_PLACES = 2
_CHECKING = threading.BoundedSemaphore(_PLACES)
_WAITING = threading.BoundedSemaphore(2 * _PLACES)
_PATIENCE_S = 10.0
_PROGRESS_S = 0.3
_AHEAD = 256

log = logging.getLogger(__name__)


def import_records(call: Call) -> Response:
    """Import the body and stream the outcome of each record once it is stored, then a summary."""
    registration = _registration(call)
    stack = ExitStack()
    try:
        document = stack.enter_context(_received(call, call.catalogue.settings.upload_max_mb << 20))
        importer = stack.enter_context(Importer(call.catalogue, FOREIGN))
        response = Response(_Import(call, importer, document, registration).lines(stack), content_type=NDJSON)
    except BaseException:
        stack.close()
        raise
    response.call_on_close(stack.close)
    return response


def validate(call: Call) -> dict[str, Any]:
    """Say of each record in the body whether it would be taken, and what the checks find."""
    with _received(call, VALIDATE_MAX_BYTES) as document, _turn():
        outcomes = _validated(call, document)
    return {
        "conforms": all(outcome.status is not Status.REJECTED for outcome in outcomes),
        "records": [write_outcome(outcome, call.language) for outcome in outcomes],
    }


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a place among those that check; raise ``EngineUnavailableError`` where too many wait already.

    Anybody may ask for a check, so it must not be able to take all threads that answer.
    """
    if not _WAITING.acquire(blocking=False):
        raise EngineUnavailableError("checks-busy", places=_PLACES)
    try:
        if not _CHECKING.acquire(timeout=_PATIENCE_S):
            raise EngineUnavailableError("checks-busy", places=_PLACES)
        try:
            yield
        finally:
            _CHECKING.release()
    finally:
        _WAITING.release()


def _validated(call: Call, document: Document) -> list[Outcome]:
    """Check within tighter limits than an import has. Raises ``LimitExceededError``."""
    known = call.catalogue.settings
    bounded = replace(known, import_time_s=min(known.import_time_s, _RECORD_S), import_memory_mb=_MEMORY_MB)
    end = time.monotonic() + _VALIDATE_S
    outcomes: list[Outcome] = []
    with (
        Importer(replace(call.catalogue, settings=bounded), FOREIGN) as importer,
        closing(_rehearsed(call, importer, document, _registration(call))) as found,
    ):
        for outcome in found:
            outcomes.append(outcome)
            if len(outcomes) > VALIDATE_MAX_RECORDS:
                raise LimitExceededError("validation-too-large", limit="records", value=VALIDATE_MAX_RECORDS)
            if time.monotonic() > end:
                raise LimitExceededError("time-limit", limit="time", value=_VALIDATE_S)
    return outcomes


def _received(call: Call, max_bytes: int) -> Any:
    media_type = _media_type(call["format"]) if call["format"] else request.mimetype or None
    if media_type in ("application/octet-stream", "application/x-www-form-urlencoded"):
        media_type = None  # what clients send when they do not know
    base = call.catalogue.settings.base_iri
    return received(request.stream, call["name"], max_bytes, media_type=media_type, base=base)


def _media_type(name: str) -> str | None:
    """Return the media type of a format; ``None`` for a foreign one, which is known by its content."""
    form = find_format(name)
    if form is not None:
        return form.media_type if form.syntax else None
    if "/" in name:
        return name
    raise ParameterError("format-unknown", where="format", value=name, known=", ".join(FORMATS))


def _registration(call: Call) -> Registration:
    visibility = Visibility(call["visibility"]) if call["visibility"] else None
    source = call["source"].strip()
    if not source:
        raise ParameterError("parameter-invalid", where="source", value=source, expected="a name or an IRI")
    return Registration("operator", source_iri(source), visibility, call["policy"])


def _rehearsed(
    call: Call, importer: Importer, document: Document, registration: Registration
) -> Generator[Outcome, None, None]:
    for result in importer.iter_submissions([document]):
        if isinstance(result, Submission):
            yield from rehearse(call.catalogue, [result], registration)
        else:
            yield _outcome(result)


def _outcome(rejection: Rejection) -> Outcome:
    return Outcome(
        rejection.where, rejection.iri, None, Status.REJECTED, rejection.code, rejection.params, rejection.findings
    )


_Line = dict[str, Any]


@dataclass(slots=True)
class _Import:
    """One import, run in a thread of its own so that progress is told while nothing is stored yet."""

    call: Call
    importer: Importer
    document: Document
    registration: Registration

    def lines(self, held: ExitStack) -> Iterator[bytes]:
        """Yield outcomes, progress and the summary as lines; closing the iterator stops the import cleanly.

        ``held`` is what the import works with; it is released at the end.
        """
        ready: queue.Queue[_Line | None] = queue.Queue(_AHEAD)
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready, stop), name="import", daemon=True)
        thread.start()
        try:
            while (line := ready.get()) is not None:
                yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
        finally:
            stop.set()
            while thread.is_alive():
                _drain(ready)
                thread.join(0.05)
            held.close()

    def _run(self, ready: queue.Queue[_Line | None], stop: threading.Event) -> None:
        started, counts = time.monotonic(), Counter[str]()
        try:
            with closing(self._outcomes(ready, stop)) as outcomes:
                for outcome in outcomes:
                    if stop.is_set() and self.call["dry_run"]:
                        return
                    counts[outcome.status] += 1
                    ready.put(write_outcome(outcome, self.call.language))
            ready.put(self._summary(counts, time.monotonic() - started))
        except SpacecatError as error:
            ready.put({"problem": problem_of(error, self.call.language).body()})
        except Exception:
            number = secrets.token_hex(4)
            log.exception("internal error %s in an import", number)
            error_shown = EngineFailedError("internal-error", where=number)
            ready.put({"problem": problem_of(error_shown, self.call.language).body()})
        finally:
            ready.put(None)

    def _outcomes(self, ready: queue.Queue[_Line | None], stop: threading.Event) -> Any:
        if self.call["dry_run"]:
            return _rehearsed(self.call, self.importer, self.document, self.registration)
        return self.importer.import_documents([self.document], self.registration, self._teller(ready), stop)

    def _teller(self, ready: queue.Queue[_Line | None]) -> Any:
        told = 0.0

        def tell(progress: Progress) -> None:
            nonlocal told
            now = time.monotonic()
            if self.call["progress"] and now - told >= _PROGRESS_S:
                told = now
                ready.put({"progress": _fraction(progress)})

        return tell

    def _summary(self, counts: Counter[str], seconds: float) -> _Line:
        summary: _Line = {status.value: counts[status] for status in Status}
        dry_run = self.call["dry_run"]
        return {"summary": summary | {"total": counts.total(), "dry_run": dry_run, "seconds": round(seconds, 3)}}


def _fraction(progress: Progress) -> float:
    """Return how much is done: reading a document counts a tenth, checking and storing its records the rest."""
    read = progress.bytes_read / max(1, progress.bytes_total)
    stored = progress.done / max(1, progress.records) if progress.records else 0.0
    return round(min(1.0, 0.1 * read + 0.9 * stored), 4)


def _drain(ready: queue.Queue[_Line | None]) -> None:
    try:
        while True:
            ready.get_nowait()
    except queue.Empty:
        return


_BODY_TYPES = (
    "text/turtle",
    "application/trig",
    "application/n-triples",
    "application/n-quads",
    "application/ld+json",
    "application/rdf+xml",
    "application/json",
    "application/octet-stream",
)
_ABOUT_DOCUMENT: tuple[Parameter, ...] = (
    Parameter(
        "name",
        ("Name of the document; its ending tells the format.", "文档名称；扩展名用于判断格式。"),
        {"type": "string", "maxLength": 500, "default": "upload"},
    ),
    Parameter(
        "format",
        (
            "Format of the document by name, ending or media type; it comes before the media type of the request.",
            "文档格式，可用名称、扩展名或媒体类型；优先于请求的媒体类型。",
        ),
        {"type": "string", "maxLength": 200},
    ),
    Parameter(
        "source",
        ("Whose records these are: a name or an IRI.", "记录的来源：名称或 IRI。"),
        {"type": "string", "maxLength": 500, "default": "api"},
    ),
    Parameter(
        "policy",
        (
            "What keeps a record out: any violation (`member`), or only what is unsafe (`harvest`, `operator`).",
            "拒收规则：任何违规（`member`），或仅拒收不安全内容（`harvest`、`operator`）。",
        ),
        {"type": "string", "enum": list(BLOCKING), "default": "member"},
    ),
    Parameter(
        "visibility",
        (
            "Who may see the records; without it public, or as before.",
            "记录的可见范围；省略时为公开，已有记录保持不变。",
        ),
        {"type": "string", "enum": [visibility.value for visibility in Visibility]},
    ),
)
_IMPORT: Text = (
    "Import a document; each line of the answer is the outcome of a record, the last one a summary.",
    "导入文档；返回的每一行是一条记录的结果，最后一行为汇总。",
)

OPERATIONS = (
    Operation(
        "POST",
        "/imports",
        "import_records",
        _IMPORT,
        import_records,
        "ImportLine",
        (
            *_ABOUT_DOCUMENT,
            Parameter(
                "dry_run",
                ("Check only; store nothing.", "仅检查，不保存。"),
                {"type": "boolean", "default": False},
            ),
            Parameter(
                "progress",
                ("Whether to tell progress in lines of its own.", "是否以单独的行报告进度。"),
                {"type": "boolean", "default": False},
            ),
        ),
        problems=(413,),
        media_types=(NDJSON,),
        body="Document",
        body_media_types=_BODY_TYPES,
        operator=True,
    ),
    Operation(
        "POST",
        "/validate",
        "validate",
        ("Check a document; nothing is stored and no right needed.", "检查文档；不保存任何内容，也无需权限。"),
        validate,
        "Validation",
        _ABOUT_DOCUMENT,
        problems=(413, 503),
        body="Document",
        body_media_types=_BODY_TYPES,
    ),
)

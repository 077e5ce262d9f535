"""The import page of operators: an upload runs in the background, shows what became of each record, can be stopped."""

from __future__ import annotations

import itertools
import logging
import shutil
import tempfile
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.errors import explain, messages_of
from app.i18n import N_, Words
from app.pages.frame import Reader, page, reader_of
from app.pages.names import record_href
from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, EngineFailedError, NotFoundError, ParameterError, SpacecatError
from catalog.identifiers import source_iri
from catalog.importing import Document, Importer, Progress
from catalog.intake import Outcome, Status
from catalog.model import Audience, Registration, Severity, Visibility
from catalog.records import BLOCKING

log = logging.getLogger(__name__)

POLICIES: tuple[tuple[str, str], ...] = (
    ("member", N_("a member’s registration: whatever breaks a rule is kept out")),
    ("harvest", N_("a harvested catalogue: only what is unsafe or has no identity is kept out")),
    (
        "operator",
        N_("the operator’s own: only what is unsafe is kept out, and records of other sources may be replaced"),
    ),
)
"""Source policies with what each keeps out."""

STATUS_NAMES = {
    Status.CREATED: N_("created"),
    Status.UPDATED: N_("updated"),
    Status.UNCHANGED: N_("unchanged"),
    Status.REJECTED: N_("rejected"),
}
_KEPT_OUTCOMES = 2000
_LONGEST_SOURCE = 200
_KEPT_IMPORTS = 20
_SHOWN_OUTCOMES = 200


@dataclass(slots=True)
class Import:
    """One import: what was asked, how far it is, and what became of the records so far."""

    number: int
    name: str
    registration: Registration
    begun: datetime
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None
    counts: Counter[Status] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)
    ended: datetime | None = None
    error: SpacecatError | None = None

    def take(self, outcome: Outcome) -> None:
        """Count an outcome; keep it if it needs attention or there is room."""
        self.counts[outcome.status] += 1
        if outcome.status is Status.REJECTED or len(self.outcomes) < _KEPT_OUTCOMES:
            self.outcomes.append(outcome)
            del self.outcomes[:-_KEPT_OUTCOMES]

    @property
    def percent(self) -> int:
        """How much is done: reading the document counts a tenth, checking and storing its records the rest."""
        if self.ended is not None:
            return 100
        if self.progress is None:
            return 0
        read = self.progress.bytes_read / max(1, self.progress.bytes_total)
        stored = self.progress.done / max(1, self.progress.records) if self.progress.records else 0.0
        return min(99, round(10 * read + 90 * stored))


class Imports:
    """The imports that this process ran since it started, one at a time."""

    def __init__(self, catalogue: Catalogue, foreign: str) -> None:
        self._catalogue = catalogue
        self._foreign = foreign
        self._numbers = itertools.count(1)
        self._imports: OrderedDict[int, Import] = OrderedDict()
        self._busy = threading.Lock()

    def all(self) -> list[Import]:
        """Return the imports, newest first."""
        return list(reversed(self._imports.values()))

    def get(self, number: int) -> Import:
        """Return one import. Raises ``NotFoundError``."""
        found = self._imports.get(number)
        if found is None:
            raise NotFoundError("page-unknown", where=f"/import/{number}")
        return found

    def start(self, upload: FileStorage, registration: Registration) -> Import:
        """Begin an import in the background. Raises ``ConflictError`` (``import-running``) while another one runs."""
        if not self._busy.acquire(blocking=False):
            raise ConflictError("import-running")
        name = Path(upload.filename or "upload").name
        folder = Path(tempfile.mkdtemp(prefix="spacecat-"))
        try:
            path = folder / "upload"
            upload.save(path)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            self._busy.release()
            raise
        begun = Import(next(self._numbers), name, registration, datetime.now(UTC))
        self._imports[begun.number] = begun
        while len(self._imports) > _KEPT_IMPORTS:
            self._imports.popitem(last=False)
        document = Document(path, name, _media_type(upload), self._catalogue.settings.base_iri)
        threading.Thread(target=self._run, args=(begun, document, folder), name="import", daemon=True).start()
        return begun

    def _run(self, running: Import, document: Document, folder: Path) -> None:
        def note(progress: Progress) -> None:
            running.progress = progress

        try:
            with Importer(self._catalogue, self._foreign) as importer:
                for outcome in importer.import_documents([document], running.registration, note, running.stop):
                    running.take(outcome)
        except SpacecatError as error:
            running.error = error
        except Exception:
            log.exception("import %s failed", running.name)
            running.error = EngineFailedError("internal-error", where=running.name)
        finally:
            running.ended = datetime.now(UTC)
            shutil.rmtree(folder, ignore_errors=True)
            self._busy.release()


def _media_type(upload: FileStorage) -> str | None:
    """Browsers guess media types from file names as we do, and worse; only what says RDF or JSON is believed."""
    known = upload.mimetype or ""
    return known if known in ("text/turtle", "application/ld+json", "application/rdf+xml") else None


def add_imports(blueprint: Blueprint, catalogue: Catalogue, access: Access, foreign: str) -> None:
    """Add the import page and the pages of each import to the blueprint; all of them are for operators."""
    imports = Imports(catalogue, foreign)
    show = _Pages(catalogue, access, imports)
    blueprint.add_url_rule("/import", "show_imports", show.form)
    blueprint.add_url_rule("/import", "start_import", show.start, methods=["POST"])
    blueprint.add_url_rule("/import/<int:number>", "show_import", show.one)
    blueprint.add_url_rule("/import/<int:number>.json", "show_import_progress", show.progress)
    blueprint.add_url_rule("/import/<int:number>/stop", "stop_import", show.stop, methods=["POST"])


class _Pages:
    def __init__(self, catalogue: Catalogue, access: Access, imports: Imports) -> None:
        self._catalogue = catalogue
        self._access = access
        self._imports = imports

    def form(self) -> AnyResponse:
        if self._access.audience() is Audience.PUBLIC:
            target = url_for("pages.show_sign_in", then=url_for("pages.show_imports"), lang=request.args.get("lang"))
            return redirect(target, 303)
        return self._form(self._reader())

    def _form(self, reader: Reader, error: SpacecatError | None = None) -> Response:
        gettext = reader.words.gettext
        return page(
            reader,
            "import.html",
            self._catalogue.settings,
            status=400 if error else 200,
            error=explain(error.code, error.params, reader.language, error.where) if error else "",
            imports=self._imports.all(),
            policies=[(key, gettext(text)) for key, text in POLICIES],
            status_names={key: gettext(text) for key, text in STATUS_NAMES.items()},
            form=request.form,
            max_bytes=self._catalogue.settings.upload_max_mb * 1_000_000,
        )

    def _reader(self) -> Reader:
        self._access.require_operator()
        return reader_of(self._access.audience())

    def start(self) -> AnyResponse:
        self._access.check_origin()
        reader = self._reader()
        try:
            upload, registration = _read_form()
            begun = self._imports.start(upload, registration)
        except (ParameterError, ConflictError) as error:
            return self._form(reader, error)
        return redirect(url_for("pages.show_import", number=begun.number), 303)

    def one(self, number: int) -> Response:
        reader = self._reader()
        found = self._imports.get(number)
        return page(
            reader,
            "import_progress.html",
            self._catalogue.settings,
            found=found,
            rows=[_row(outcome, reader.words) for outcome in _by_urgency(found.outcomes)[:_SHOWN_OUTCOMES]],
            left_out=max(0, found.counts.total() - _SHOWN_OUTCOMES),
            error=explain(found.error.code, found.error.params, reader.language, found.error.where)
            if found.error
            else "",
            tally=[(reader.words.gettext(STATUS_NAMES[one]), one, found.counts[one]) for one in Status],
        )

    def progress(self, number: int) -> Response:
        self._access.require_operator()
        found = self._imports.get(number)
        return jsonify(
            percent=found.percent,
            ended=found.ended is not None,
            counts={status.value: found.counts[status] for status in Status},
        )

    def stop(self, number: int) -> AnyResponse:
        self._access.check_origin()
        self._access.require_operator()
        self._imports.get(number).stop.set()
        return redirect(url_for("pages.show_import", number=number), 303)


def _read_form() -> tuple[FileStorage, Registration]:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise ParameterError("upload-missing", where="file")
    policy = request.form.get("policy", "")
    if policy not in BLOCKING:
        raise ParameterError("parameter-invalid", where="policy", value=policy, expected=", ".join(BLOCKING))
    visibility = request.form.get("visibility", "")
    if visibility not in set(Visibility):
        raise ParameterError("parameter-invalid", where="visibility", value=visibility, expected=", ".join(Visibility))
    source = source_iri(" ".join(request.form.get("source", "").split())[:_LONGEST_SOURCE] or "upload")
    return upload, Registration("operator", source, Visibility(visibility), policy)


@dataclass(frozen=True, slots=True)
class _Row:
    status: Status
    status_name: str
    where: str
    iri: str
    href: str
    text: str
    findings: list[str]


def _by_urgency(outcomes: list[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda outcome: outcome.status is not Status.REJECTED)


def _row(outcome: Outcome, words: Words) -> _Row:
    stored = outcome.graph is not None and outcome.status is not Status.REJECTED
    said = [
        words.choose(messages_of(finding))[1]
        for finding in outcome.findings
        if finding.severity in (Severity.UNSAFE, Severity.VIOLATION)
    ]
    params = {**outcome.params}
    where = str(params.pop("where", "") or outcome.where)
    return _Row(
        outcome.status,
        words.gettext(STATUS_NAMES[outcome.status]),
        outcome.where,
        outcome.iri or "",
        record_href(outcome.graph) if stored and outcome.graph else "",
        explain(outcome.code, params, words.language, where) if outcome.code else "",
        list(dict.fromkeys(filter(None, said)))[:4],
    )

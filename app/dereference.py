"""Answers at the addresses that IRIs are: records, resources, codes, vocabulary, each in the form that is asked for.

``/record/<id>`` is a document about a resource; ``/id/…`` is the resource itself, which cannot be sent, so the answer
there is 303 and the document (W3C, Cool URIs for the Semantic Web §4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from pyoxigraph import RdfFormat, parse
from werkzeug.wrappers import Response

from app.access import Access
from app.crossorigin import open_to_all
from app.formats import BY_ENDING, FORMATS, NEGOTIABLE, Format, write_rdf, write_record
from app.i18n import pick_language
from app.labelling import Labels
from catalog import records
from catalog.catalogue import Catalogue
from catalog.errors import GoneError, InputError, NotFoundError
from catalog.identifiers import check_object_code, looks_like_object_code
from catalog.model import Audience, GraphIri, Kind, Record, Visibility
from catalog.visibility import may_know, may_see
from ontology import terms
from ontology.namespaces import ADMS, DCAT, DCT, EU, FOAF, PROV, RDF, SC, XSD

Render = Callable[[Catalogue, Audience, Record, str], Response]
"""Makes the page of a record: catalogue, audience, record, language."""

HTML = "text/html"
_WITHDRAWN = EU + "dataset-status/WITHDRAWN"
_ENDINGS = sorted([*BY_ENDING, "html"], key=len, reverse=True)


def dereference_blueprint(catalogue: Catalogue, access: Access, render: Render) -> Blueprint:
    """Return the routes of everything that an IRI of this catalogue names."""
    blueprint = Blueprint("dereference", __name__)

    @blueprint.get("/record/<name>")
    def show_record(name: str) -> Response:
        record_id, form = _split_ending(name)
        graph = GraphIri(f"{catalogue.settings.base_iri}record/{record_id}")
        return _Documents(catalogue, access.audience(), render).show(graph, form)

    @blueprint.get("/id/<path:name>")
    def show_resource(name: str) -> Response:
        return _see_resource(catalogue, access.audience(), name)

    @blueprint.get("/code/<path:code>")
    def show_code(code: str) -> Response:
        return _see_code(catalogue, access.audience(), code)

    @blueprint.get("/ns", defaults={"ending": ""})
    @blueprint.get("/ns.<ending>")
    def show_vocabulary(ending: str) -> Response:
        return _show_terms("spacecat", SC.rstrip("#"), ending)

    @blueprint.get("/codes/<path:name>")
    def show_codes(name: str) -> Response:
        return _show_code_list(name)

    blueprint.after_request(open_to_all)
    return blueprint


def _split_ending(name: str) -> tuple[str, str]:
    """Split ``abc.croissant.json`` into ``abc`` and ``croissant.json``; the ending is empty if it is none of ours."""
    for ending in _ENDINGS:
        if name.endswith("." + ending):
            return name[: -len(ending) - 1], ending
    return name, ""


class _Documents:
    """Records for one reader, each in the form that the request asks for."""

    def __init__(self, catalogue: Catalogue, audience: Audience, render: Render) -> None:
        self._catalogue = catalogue
        self._audience = audience
        self._render = render

    def show(self, graph: GraphIri, ending: str) -> Response:
        """Return the record of a graph. Raises ``NotFoundError``, ``GoneError`` and, for 406, ``InputError``."""
        form = BY_ENDING.get(ending) or (None if ending == "html" else _negotiated())
        try:
            record = records.get_record(self._catalogue, self._audience, graph)
        except GoneError:
            if form is None:
                raise
            return self._tombstone(graph, form)
        response = self._page(record) if form is None else self._document(record, form)
        response.last_modified = record.modified
        response.headers["Link"] = _links(record)
        return _cacheable(response, record.visibility)

    def _page(self, record: Record) -> Response:
        language = pick_language(accepted=[tag for tag, _ in request.accept_languages])
        response = self._render(self._catalogue, self._audience, record, language)
        # A page also shows names and neighbours that change without the record, so its own text is what identifies it.
        response.set_etag(f"{hashlib.sha256(response.get_data()).hexdigest()[:32]}-{record.seq}-html")
        return response

    def _document(self, record: Record, form: Format) -> Response:
        content = records.get_content(self._catalogue, self._audience, record)
        labels = Labels(self._catalogue.graphs, self._audience)
        body = write_record(form, record, content, labels)
        response = Response(body, content_type=form.content_type)
        name = record.hash.removeprefix("sha256:")[:32]
        if form.syntax is None:
            name = hashlib.sha256(body).hexdigest()[:32]  # it also holds names from other records
        response.set_etag(f"{name}-{record.seq}-{form.name}")
        return response

    def _tombstone(self, graph: GraphIri, form: Format) -> Response:
        record = self._catalogue.ledger.find_record(graph)
        if record is None or record.withdrawn is None or not may_know(self._audience, record):
            raise NotFoundError("record-unknown", where=graph)
        form = form if form.syntax is not None else FORMATS["turtle"]
        body = write_rdf(form, tombstone(record), record.graph, (record.graph,))
        response = Response(body, 410, content_type=form.content_type)
        response.last_modified = record.withdrawn
        response.headers["Link"] = f'<{record.graph}>; rel="canonical", <{DCAT}CatalogRecord>; rel="type"'
        return _vary(response)


def tombstone(record: Record) -> str:
    """Return what is left of a withdrawn record, as N-Triples: what it was about, that and when it was withdrawn."""
    node = f"<{record.graph}>"
    lines = [
        f"{node} <{RDF}type> <{DCAT}CatalogRecord> .",
        f"{node} <{FOAF}primaryTopic> <{record.iri}> .",
        f'{node} <{SC}kind> "{record.kind.value}" .',
        f"{node} <{ADMS}status> <{_WITHDRAWN}> .",
        f"{node} <{DCT}issued> {_date_time(record.created)} .",
        f"{node} <{DCT}modified> {_date_time(record.modified)} .",
    ]
    if record.withdrawn is not None:
        lines.append(f"{node} <{PROV}invalidatedAtTime> {_date_time(record.withdrawn)} .")
    if record.code:
        lines.append(f'{node} <{DCT}identifier> "{record.code}" .')
    return "\n".join(lines) + "\n"


def _date_time(moment: datetime) -> str:
    return f'"{moment.strftime("%Y-%m-%dT%H:%M:%SZ")}"^^<{XSD}dateTime>'


def _negotiated() -> Format | None:
    """Return the format that ``Accept`` asks for; ``None`` for the page, also where it asks for nothing.

    Raises ``InputError`` (``not-acceptable``) where it accepts none that we write.
    """
    if not request.accept_mimetypes:
        return None
    offers = [HTML, "application/xhtml+xml", *(form.media_type for form in NEGOTIABLE)]
    best = request.accept_mimetypes.best_match(offers)
    if best is None:
        raise InputError("not-acceptable", formats=", ".join([HTML, *(form.media_type for form in NEGOTIABLE)]))
    return next((form for form in NEGOTIABLE if form.media_type == best), None)


def _links(record: Record) -> str:
    """Write the ``Link`` header (RFC 8288): what describes what, and every other form of the same."""
    parts = [
        f'<{record.graph}>; rel="canonical"',
        f'<{record.iri}>; rel="describes"',
        f'<{DCAT}CatalogRecord>; rel="type"',
        f'<{_address(record, "html")}>; rel="alternate"; type="{HTML}"',
    ]
    for form in FORMATS.values():
        if form.syntax is not None or record.kind in (Kind.DATASET, Kind.SERIES):
            relation = "alternate describedby" if form.name == "turtle" else "alternate"
            media_type = form.media_type.partition(";")[0]
            parts.append(f'<{_address(record, form.ending)}>; rel="{relation}"; type="{media_type}"')
    return ", ".join(parts)


def _address(record: Record, ending: str) -> str:
    return url_for("dereference.show_record", name=f"{record.id}.{ending}" if ending else record.id)


def _cacheable(response: Response, visibility: Visibility) -> Response:
    shared = visibility is Visibility.PUBLIC and response.mimetype != HTML
    response.headers["Cache-Control"] = "public, no-cache" if shared else "private, no-cache"
    return _vary(response).make_conditional(request)


def _vary(response: Response) -> Response:
    response.vary.update(["Accept", "Authorization", "Cookie"])
    if response.mimetype == HTML:
        response.vary.add("Accept-Language")
    return response


def _see_resource(catalogue: Catalogue, audience: Audience, name: str) -> Response:
    """Send the reader from a resource to the document about it, in the form that a file ending asks for."""
    iri = f"{catalogue.settings.base_iri}id/{name}"
    record, ending = catalogue.ledger.find_by_iri(iri), ""
    if record is None:
        shorter, ending = _split_ending(iri)
        record = catalogue.ledger.find_by_iri(shorter) if ending else None
    if record is None or not may_know(audience, record):
        raise NotFoundError("record-unknown", where=iri)
    return _see(record, ending)


def _see_code(catalogue: Catalogue, audience: Audience, code: str) -> Response:
    """Send the reader from an object code to its record, from a legacy identifier to its record or the choice.

    Raises ``IdentifierError`` for an object code whose check character is wrong, ``NotFoundError`` for an unknown one.
    """
    known = [record for record in catalogue.ledger.find_by_code(code) if may_know(audience, record)]
    found = [record for record in known if may_see(audience, record)] or known
    if not found:
        if looks_like_object_code(code):
            check_object_code(code)
        raise NotFoundError("identifier-unknown", where=code)
    if len(found) == 1:
        return _see(found[0], "")
    body = "".join(f"{record.graph}\t{record.iri}\n" for record in found)
    response = Response(body, 300, content_type="text/plain; charset=utf-8")
    response.headers["Link"] = ", ".join(f'<{record.graph}>; rel="alternate"' for record in found)
    return _vary(response)


def _see(record: Record, ending: str) -> Response:
    response = redirect(_address(record, ending), 303)
    response.headers["Vary"] = "Authorization, Cookie"
    return response


def _show_code_list(name: str) -> Response:
    """Answer for ``/codes/SCHEME`` and ``/codes/SCHEME/CODE``, which is described in the document of its scheme."""
    scheme_name, ending = _split_ending(name)
    scheme_name, _, code = scheme_name.partition("/")
    if scheme_name not in {scheme.name for scheme in terms.schemes()}:
        raise NotFoundError("scheme-unknown", where=scheme_name, known=_known_schemes())
    iri = terms.scheme(scheme_name).iri
    if code:
        if terms.concept(f"{iri}/{code}") is None:
            raise NotFoundError("scheme-unknown", where=name, known=_known_schemes())
        iri = f"{iri}/{code}"
    return _show_terms(scheme_name, iri, ending)


def _known_schemes() -> str:
    return ", ".join(scheme.name for scheme in terms.schemes())


def _show_terms(name: str, iri: str, ending: str) -> Response:
    """Return a vocabulary document as published, or in another syntax; the page of the term for those who read."""
    if ending not in ("", "html") and (ending not in BY_ENDING or BY_ENDING[ending].syntax is None):
        raise NotFoundError("page-unknown", where=request.path)
    form = BY_ENDING.get(ending) or (None if ending == "html" else _negotiated())
    if form is None:
        return redirect(url_for("pages.show_term", iri=iri), 303)
    source = terms.document(name)
    body = source if form.name == "turtle" else _rewritten(source, form, iri)
    response = Response(body, content_type=form.content_type)
    response.set_etag(f"{hashlib.sha256(source).hexdigest()[:32]}-{form.name}")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.vary.add("Accept")
    return response.make_conditional(request)


def _rewritten(source: bytes, form: Format, graph: str) -> bytes:
    ntriples = "".join(f"{quad.triple} .\n" for quad in parse(source, format=RdfFormat.TURTLE))
    return write_rdf(form, ntriples, graph)

"""The pages: what people see in a browser. Server-rendered; scripts only improve them.

May import ``catalog``, ``ontology`` and its neighbours in ``app``. Start at :func:`pages_blueprint`; each page has
a module of its own, and ``frame`` holds what all share.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.pages import browse, frame, home, neighbours, results, signing_in, status, term
from app.pages.imports import add_imports
from app.pages.query import known_names, query_page
from app.pages.record import error_page, render_record
from catalog import records
from catalog.catalogue import Catalogue
from catalog.model import GraphIri

__all__ = ["error_page", "pages_blueprint", "query_page", "render_record"]

_LONGEST_PREFIX = 200
_FOREIGN = "mappings.formats"
"""The module that converts foreign JSON for imports."""


def pages_blueprint(catalogue: Catalogue, access: Access) -> Blueprint:
    """Return the pages that need nothing but the catalogue: all but records and SPARQL, which answer in many forms."""
    blueprint = Blueprint("pages", __name__)

    def reader() -> frame.Reader:
        return frame.reader_of(access.audience())

    @blueprint.get("/")
    def show_home() -> Response:
        return home.home(catalogue, reader())

    @blueprint.get("/search")
    def show_results() -> Response:
        return results.results(catalogue, reader())

    @blueprint.get("/browse/<facet>")
    def show_values(facet: str) -> Response:
        return browse.browse(catalogue, reader(), facet)

    @blueprint.get("/term")
    def show_term() -> Response:
        return term.term_page(catalogue, reader())

    @blueprint.get("/record/<record_id>/neighbours")
    def show_neighbours(record_id: str) -> Response:
        graph = GraphIri(f"{catalogue.settings.base_iri}record/{record_id}")
        record = records.get_record(catalogue, access.audience(), graph)
        return neighbours.neighbours_page(catalogue, reader(), record)

    @blueprint.get("/status")
    def show_status() -> Response:
        return status.status_page(catalogue, reader())

    @blueprint.get("/help")
    def show_help() -> Response:
        return frame.page(reader(), "help.html", catalogue.settings)

    _add_completions(blueprint, catalogue, access)
    _add_sign_in(blueprint, catalogue, access)
    add_imports(blueprint, catalogue, access, _FOREIGN)
    return blueprint


def _add_completions(blueprint: Blueprint, catalogue: Catalogue, access: Access) -> None:
    @blueprint.get("/suggest")
    def suggest() -> Response:
        prefix = request.args.get("q", "")[:_LONGEST_PREFIX]
        return jsonify(catalogue.index.suggest(access.audience(), prefix) if prefix.strip() else [])

    @blueprint.get("/names.json")
    def list_names() -> Response:
        response = jsonify(known_names(frame.reader_of(access.audience()).language))
        response.headers["Cache-Control"] = "private, max-age=600"
        response.vary.update(["Accept-Language", "Cookie"])
        return response


def _add_sign_in(blueprint: Blueprint, catalogue: Catalogue, access: Access) -> None:
    @blueprint.get("/sign-in")
    def show_sign_in() -> Response:
        return signing_in.sign_in_page(catalogue, frame.reader_of(access.audience()))

    @blueprint.post("/sign-in")
    def take_token() -> AnyResponse:
        return signing_in.sign_in(catalogue, access, frame.reader_of(access.audience()))

    @blueprint.post("/sign-out")
    def end_session() -> AnyResponse:
        return signing_in.sign_out(access)

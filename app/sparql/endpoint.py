"""The endpoint at ``/sparql``: queries by anybody within limits, updates by operators."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.pages import query_page
from app.sparql import negotiation, protocol
from app.sparql.description import describe
from app.sparql.gate import ASKED_BEFORE, FAILED, OPEN_TO_ALL, QueryGate, begin
from app.sparql.graphs import GraphStoreProtocol
from catalog.catalogue import Catalogue
from catalog.errors import ParameterError
from catalog.model import Limits
from catalog.ports import QueryRequest
from catalog.query import GRAPH_MEDIA_TYPES
from catalog.settings import Settings
from catalog.updates import Updates


def sparql_blueprint(catalogue: Catalogue, access: Access) -> Blueprint:
    """Return the endpoint over a catalogue. Errors are raised; the application answers them as problem documents."""
    blueprint = Blueprint("sparql", __name__)
    limits = limits_of(catalogue.settings)
    updates = Updates(catalogue)

    @blueprint.route("/sparql", methods=["GET", "POST"])
    def sparql() -> AnyResponse:
        if (error := request.environ.get(FAILED)) is not None:
            raise error
        asked = protocol.read_request(request)
        audience = access.audience()
        if _wants_page():
            return query_page(catalogue, audience)
        if asked is None:
            return _description(catalogue.settings)
        if isinstance(asked, QueryRequest):
            media_type, body = begin(catalogue.graphs.query(audience, asked, limits))
            return Response(body, content_type=protocol.content_type(media_type), direct_passthrough=True)
        access.require_operator()
        access.check_origin()
        updates.run(asked, limits, actor="operator")
        return Response(status=204)

    @blueprint.route("/sparql", methods=["OPTIONS"])
    def options() -> AnyResponse:
        return Response(status=204, headers=ASKED_BEFORE | {"Allow": ASKED_BEFORE["Access-Control-Allow-Methods"]})

    graphs = GraphStoreProtocol(catalogue, access, updates, limits)
    methods = ["GET", "PUT", "POST", "DELETE"]
    blueprint.add_url_rule("/graphs", "graphs", graphs.answer, methods=methods)
    blueprint.after_request(_open_to_all)
    blueprint.record_once(lambda setup: _put_gate(cast(Flask, setup.app), catalogue, access, limits))
    return blueprint


def _put_gate(app: Flask, catalogue: Catalogue, access: Access, limits: Limits) -> None:
    app.wsgi_app = QueryGate(app.wsgi_app, catalogue.graphs, access, limits)  # type: ignore[method-assign]


def limits_of(settings: Settings) -> Limits:
    """Return the limits of a stranger's query."""
    return Limits(settings.query_time_s, settings.query_memory_mb * 1_000_000, settings.query_rows)


def _wants_page() -> bool:
    accept = request.headers.get("Accept", "")
    return "text/html" in accept and "format" not in request.values and negotiation.prefers_html(accept)


def _description(settings: Settings) -> Response:
    _, media_type = protocol.formats(request, request.args)
    if media_type is None:
        raise ParameterError("not-acceptable", where="Accept", formats=", ".join(GRAPH_MEDIA_TYPES))
    endpoint = url_for("sparql.sparql", _external=True)
    body = describe(endpoint, (settings.space_title_en, settings.space_title_zh), media_type)
    return Response(body, content_type=protocol.content_type(media_type))


def _open_to_all(response: AnyResponse) -> AnyResponse:
    response.headers.update(OPEN_TO_ALL)
    return response

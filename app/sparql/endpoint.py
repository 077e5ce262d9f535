"""The endpoint at ``/sparql``: queries by anybody within limits, updates by operators."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.pages import query_page
from app.sparql import negotiation, protocol
from app.sparql.description import describe
from app.sparql.graphs import GraphStoreProtocol
from catalog.catalogue import Catalogue
from catalog.errors import ParameterError, SpacecatError
from catalog.model import Limits
from catalog.ports import QueryRequest, QueryResult
from catalog.query import GRAPH_MEDIA_TYPES
from catalog.settings import Settings
from catalog.updates import Updates

_METHODS = "GET, HEAD, POST, OPTIONS"


def sparql_blueprint(catalogue: Catalogue, access: Access) -> Blueprint:
    """Return the endpoint over a catalogue. Errors are raised; the application answers them as problem documents."""
    blueprint = Blueprint("sparql", __name__)
    limits = limits_of(catalogue.settings)
    updates = Updates(catalogue)

    @blueprint.route("/sparql", methods=["GET", "POST"])
    def sparql() -> AnyResponse:
        asked = protocol.read_request(request)
        audience = access.audience()
        if _wants_page():
            return query_page(catalogue, audience)
        if asked is None:
            return _description(catalogue.settings)
        if isinstance(asked, QueryRequest):
            return stream(catalogue.graphs.query(audience, asked, limits))
        access.require_operator()
        access.check_origin()
        updates.run(asked, limits, actor="operator")
        return Response(status=204)

    @blueprint.route("/sparql", methods=["OPTIONS"])
    def options() -> AnyResponse:
        return Response(status=204, headers={"Allow": _METHODS})

    graphs = GraphStoreProtocol(catalogue, access, updates, limits)
    methods = ["GET", "PUT", "POST", "DELETE"]
    blueprint.add_url_rule("/graphs", "graphs", graphs.answer, methods=methods)
    blueprint.after_request(_open_to_all)
    return blueprint


def limits_of(settings: Settings) -> Limits:
    """Return the limits of a stranger's query."""
    return Limits(settings.query_time_s, settings.query_memory_mb * 1_000_000, settings.query_rows)


def stream(result: QueryResult) -> Response:
    """Answer with a result. A short one has a length; one cut short ends in a line that no parser takes.

    Breaking the connection off would say it too, but not every server can: granian ends the transfer in good order
    whatever the application raises.
    """
    chunks = iter(result.chunks)
    first = next(chunks, b"")
    second = next(chunks, None)
    body: bytes | Iterator[bytes] = first if second is None else _streamed(first, second, chunks)
    return Response(body, content_type=protocol.content_type(result.media_type), direct_passthrough=True)


def _streamed(first: bytes, second: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield second
        yield from chunks
    except SpacecatError as error:
        yield f"\n!!! cut short: {error} !!!\n".encode()
        raise


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
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = _METHODS
    response.headers["Access-Control-Allow-Headers"] = "Accept, Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    response.headers.add("Vary", "Accept")
    return response

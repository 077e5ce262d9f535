"""The Graph Store Protocol at ``/graphs``, graphs named indirectly (SPARQL 1.1 Graph Store HTTP Protocol §4.2)."""

from __future__ import annotations

import secrets

from flask import Response, request
from pyoxigraph import NamedNode, RdfFormat, parse, serialize

from app.access import Access
from app.sparql import protocol
from catalog.catalogue import Catalogue
from catalog.errors import InputError, NotFoundError, ParameterError
from catalog.model import DEFAULT_GRAPH, GraphIri, Limits
from catalog.query import GRAPH_MEDIA_TYPES
from catalog.updates import Serialised, Updates

_MULTIPART = "multipart/form-data"


class GraphStoreProtocol:
    """Reads graphs for anybody who may see them, and writes them for operators."""

    def __init__(self, catalogue: Catalogue, access: Access, updates: Updates, limits: Limits) -> None:
        self._catalogue = catalogue
        self._access = access
        self._updates = updates
        self._limits = limits

    def answer(self) -> Response:
        """Answer the current request."""
        if request.method in ("GET", "HEAD"):
            return self._get(_named_graph())
        self._access.require_operator()
        self._access.check_origin()
        if request.method == "DELETE":
            return self._delete(_named_graph())
        if request.method == "POST" and not request.args.keys() & {"graph", "default"}:
            graph = GraphIri(f"{self._catalogue.settings.base_iri}graph/{secrets.token_hex(8)}")
            self._write(graph)
            return Response(status=201, headers={"Location": graph})
        return Response(status=201 if self._write(_named_graph()) else 204)

    def _get(self, graph: GraphIri) -> Response:
        content = self._catalogue.graphs.triples(self._access.audience(), graph)
        if content is None:
            raise NotFoundError("graph-unknown", where=graph)
        _, media_type = protocol.formats(request, request.args)
        if media_type is None:
            raise ParameterError("not-acceptable", where="Accept", formats=", ".join(GRAPH_MEDIA_TYPES))
        triples = parse(content, format=RdfFormat.N_TRIPLES)
        body = serialize(triples, format=RdfFormat.from_media_type(media_type)) or b""
        return Response(body, content_type=protocol.content_type(media_type))

    def _delete(self, graph: GraphIri) -> Response:
        if not self._updates.replace({graph: ""}, actor="operator"):
            raise NotFoundError("graph-unknown", where=graph)
        return Response(status=204)

    def _write(self, graph: GraphIri) -> bool:
        merge = request.method == "POST"
        return self._updates.write(graph, _documents(graph), merge, self._limits, actor="operator")


def _named_graph() -> GraphIri:
    named, default = request.args.getlist("graph"), "default" in request.args
    if len(named) + default != 1:
        raise ParameterError("graph-or-default", where="graph")
    if default:
        return DEFAULT_GRAPH
    try:
        return GraphIri(NamedNode(named[0]).value)
    except ValueError as error:
        raise ParameterError("graph-iri-invalid", where="graph", detail=str(error)) from error


def _documents(graph: GraphIri) -> list[Serialised]:
    if request.mimetype == _MULTIPART:
        return [_document(file.read(), file.mimetype, graph) for file in request.files.values()]
    return [_document(request.get_data(), request.mimetype, graph)]


def _document(data: bytes, media_type: str, graph: GraphIri) -> Serialised:
    if media_type not in GRAPH_MEDIA_TYPES:
        raise InputError(
            "media-type-unsupported", where=media_type or "Content-Type", known=", ".join(GRAPH_MEDIA_TYPES)
        )
    return Serialised(data, media_type, request.base_url if graph == DEFAULT_GRAPH else graph)

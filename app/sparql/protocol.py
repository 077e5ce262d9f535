"""Reads requests of the SPARQL 1.1 Protocol (§2.1, §2.2): three ways to send a query, two to send an update."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug import Request
from werkzeug.datastructures import MultiDict
from werkzeug.sansio.utils import get_current_url
from werkzeug.wsgi import get_host

from app.sparql import negotiation
from catalog.errors import InputError, ParameterError, SyntaxInvalidError
from catalog.ports import QueryRequest, UpdateRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BYTES = 10_000_000
"""Length of a query or update; larger data comes in by import."""

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_FORMS = ("query", "update")


def read_request(request: Request) -> QueryRequest | UpdateRequest | None:
    """Return the query or update that a request holds, or ``None`` where it holds none (GET alone).

    Raises ``ParameterError`` for parameters that are missing, repeated or out of place, ``InputError`` with
    ``media-type-unsupported`` or ``query-too-large``, and ``SyntaxInvalidError`` for what is not UTF-8.
    """
    inside = _parameters(request.query_string)
    if request.method != "POST":
        _refuse(inside, "update")
        return _read_query(request, _single(inside, "query"), inside)
    if (request.content_length or 0) > MAX_BYTES:
        raise InputError("query-too-large", where="query", value=MAX_BYTES)
    if request.mimetype == _FORM:
        return _read_form(request)
    for form in _FORMS:
        _refuse(inside, form)
    if request.mimetype == _QUERY:
        return _read_query(request, _body(request), inside)
    if request.mimetype == _UPDATE:
        return _read_update(request, _body(request), inside)
    known = ", ".join((_FORM, _QUERY, _UPDATE))
    raise InputError("media-type-unsupported", where=request.mimetype or "Content-Type", known=known)


def read_plain(environ: WSGIEnvironment) -> QueryRequest:
    """Return the query in the address of a GET that has one: as :func:`read_request`, without making a ``Request``."""
    inside = _parameters(environ["QUERY_STRING"].encode("latin-1"))
    _refuse(inside, "update")
    text = _single(inside, "query")
    assert text is not None
    formats_wanted = formats_of(inside, environ.get("HTTP_ACCEPT", ""))
    where = environ["wsgi.url_scheme"], environ.get("HTTP_HOST"), environ["SERVER_NAME"], environ["SERVER_PORT"]
    return _query_of(
        text, inside, formats_wanted, _address(*where, environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"])
    )


def _read_form(request: Request) -> QueryRequest | UpdateRequest:
    form = _parameters(request.get_data())
    query, update = _single(form, "query"), _single(form, "update")
    if (query is None) == (update is None):
        raise ParameterError("query-or-update", where="query")
    if update is not None:
        return _read_update(request, update, form)
    asked = _read_query(request, query, form)
    assert asked is not None
    return asked


def _read_query(request: Request, text: str | None, parameters: MultiDict[str, str]) -> QueryRequest | None:
    if text is None:
        return None
    return _query_of(text, parameters, formats(request, parameters), request.base_url)


def _query_of(
    text: str, parameters: MultiDict[str, str], formats_wanted: tuple[str | None, str | None], base: str
) -> QueryRequest:
    default, named = tuple(parameters.getlist("default-graph-uri")), tuple(parameters.getlist("named-graph-uri"))
    return QueryRequest(text, default, named, *formats_wanted, base=base)


@lru_cache(maxsize=1024)
def _address(scheme: str, host: str | None, name: str, port: str, root: str, path: str) -> str:
    named = {"wsgi.url_scheme": scheme, "SERVER_NAME": name, "SERVER_PORT": port}
    return get_current_url(scheme, get_host(named | ({"HTTP_HOST": host} if host else {})), root, path)


def _read_update(request: Request, text: str, parameters: MultiDict[str, str]) -> UpdateRequest:
    using, named = tuple(parameters.getlist("using-graph-uri")), tuple(parameters.getlist("using-named-graph-uri"))
    return UpdateRequest(text, using, named, base=request.base_url)


def formats(request: Request, parameters: MultiDict[str, str]) -> tuple[str | None, str | None]:
    """Return the media types for rows and for triples that a request wants."""
    return formats_of(parameters, request.headers.get("Accept", ""))


def formats_of(parameters: MultiDict[str, str], accept: str) -> tuple[str | None, str | None]:
    """Return the media types for rows and for triples: by the parameter ``format``, or by the header ``Accept``."""
    if "format" in parameters:
        return negotiation.formats_by_name(parameters["format"])
    return negotiation.formats_by_accept(accept)


def _parameters(data: bytes) -> MultiDict[str, str]:
    """Read parameters strictly: the framework would pass on bytes that are no UTF-8 as text."""
    try:
        return MultiDict(parse_qsl(data.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise SyntaxInvalidError("not-utf-8", where=f"byte {error.start}") from error


def content_type(media_type: str) -> str:
    """Return the media type with the encoding where its default would be another one."""
    return media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")


def _single(parameters: MultiDict[str, str], name: str) -> str | None:
    values = parameters.getlist(name)
    if len(values) > 1:
        raise ParameterError("parameter-repeated", where=name)
    return values[0] if values else None


def _refuse(parameters: MultiDict[str, str], name: str) -> None:
    if name in parameters:
        raise ParameterError("parameter-out-of-place", where=name)


def _body(request: Request) -> str:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    try:
        if charset not in ("utf-8", "utf8"):
            raise SyntaxInvalidError("not-utf-8", where=charset)
        return request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SyntaxInvalidError("not-utf-8", where=f"byte {error.start}") from error

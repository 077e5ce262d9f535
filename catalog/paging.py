"""Cursors: where the next page of a search begins, in a form that callers pass back unread.

A cursor belongs to one request and one audience. It names how far each of the two lists that make a result was read
and the last record of each, so that records that come or go in between neither repeat nor skip others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from dataclasses import astuple, dataclass, replace

from catalog.errors import ParameterError
from catalog.model import Audience
from catalog.ports import FACETS, SearchRequest

MODES = ("hybrid", "keyword", "vector")
SORTS = ("relevance", "modified", "title")
LARGEST_PAGE = 200
_MOST_VALUES = 200
_FARTHEST = 10**9


@dataclass(frozen=True, slots=True)
class Place:
    """How far two lists were read: offsets, the keys of the last records taken (0 for none).

    ``best`` is the word score that counts as 1, and ``weight`` the share of meaning, as the first page reckoned them.
    """

    first: int = 0
    second: int = 0
    first_key: int = 0
    second_key: int = 0
    best: float = 0.0
    weight: float = 0.0


def check(request: SearchRequest) -> SearchRequest:
    """Return the request with its sort made plain and its texts fit for UTF-8.

    Raises ``ParameterError`` for what no search can answer.
    """
    _check_known("mode", request.mode, MODES)
    _check_known("sort", request.sort, SORTS)
    for facet in (*request.filters, *request.facets):
        _check_known("facet", facet, FACETS)
    if sum(map(len, request.filters.values())) > _MOST_VALUES:
        raise ParameterError("parameter-invalid", where="filters", value="…", expected=f"0–{_MOST_VALUES}")
    _check_range("size", request.size, 0, LARGEST_PAGE)
    _check_range("facet_size", request.facet_size, 1, 1000)
    text = _encodable(request.text.strip())
    filters = {facet: tuple(map(_encodable, values)) for facet, values in request.filters.items() if values}
    sort = "modified" if not text and request.sort == "relevance" else request.sort
    return replace(request, text=text, filters=filters, sort=sort)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _check_known(where: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ParameterError("parameter-invalid", where=where, value=value[:100], expected=", ".join(known))


def _check_range(where: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ParameterError("parameter-invalid", where=where, value=value, expected=f"{least}–{most}")


def read_cursor(request: SearchRequest, audience: Audience) -> Place:
    """Return the place that the request's cursor names, the start if it has none. Raises ``ParameterError``."""
    if request.cursor is None:
        return Place()
    try:
        content = json.loads(base64.b64decode(request.cursor.encode("ascii"), altchars=b"-_", validate=True))
        mark, first, second, first_key, second_key, best, weight = content
        keys = int(first_key, 16), int(second_key, 16)
        place = Place(int(first), int(second), *keys, float(best), float(weight))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise _invalid() from error
    if mark != _mark(request, audience) or not _is_possible(place):
        raise _invalid()
    return place


def _is_possible(place: Place) -> bool:
    offsets = all(0 <= offset <= _FARTHEST for offset in (place.first, place.second))
    keys = all(0 <= key < 2**64 for key in (place.first_key, place.second_key))
    return offsets and keys and math.isfinite(place.best) and place.best >= 0 and 0 <= place.weight <= 1


def write_cursor(request: SearchRequest, audience: Audience, place: Place) -> str:
    """Return the cursor of ``place`` for further pages of the same request."""
    first, second, first_key, second_key, *scale = astuple(place)
    content = [_mark(request, audience), first, second, f"{first_key:x}", f"{second_key:x}", *scale]
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _mark(request: SearchRequest, audience: Audience) -> str:
    filters = sorted((facet, sorted(values)) for facet, values in request.filters.items() if values)
    language = request.language if request.sort == "title" else ""
    parts = [request.text, filters, request.sort, request.mode, language, audience.value]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _invalid() -> ParameterError:
    return ParameterError("cursor-invalid", where="cursor")

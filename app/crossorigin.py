"""Lets scripts of other sites read what everybody may read, as SPARQL, Linked Data and API clients expect.

No cookie comes with such a request, so it sees what the public sees unless the script itself knows a token.
"""

from __future__ import annotations

from werkzeug.wrappers import Response

_METHODS = "GET, HEAD, OPTIONS"


def open_to_all(response: Response) -> Response:
    """Add the headers that let any site read an answer (CORS); fits ``Blueprint.after_request``."""
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    response.headers.setdefault("Access-Control-Allow-Methods", _METHODS)
    response.headers.setdefault("Access-Control-Allow-Headers", "Accept, Accept-Language, Authorization, Content-Type")
    response.headers.setdefault("Access-Control-Expose-Headers", "ETag, Link, Last-Modified, Location")
    return response

"""Cursors of pages: opaque to the reader, bound to the request that they continue."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from catalog.errors import ParameterError

_VERSION = 1


def write_cursor(after: str, request: Mapping[str, Any]) -> str:
    """Return the cursor of the page that starts after the key ``after`` of the same ``request``."""
    text = json.dumps([_VERSION, _digest(request), after], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, request: Mapping[str, Any]) -> str:
    """Return the key after which the page starts.

    Raises ``ParameterError`` (``cursor-invalid``) if the cursor is not ours or belongs to another request.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, digest, after = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise ParameterError("cursor-invalid", where="cursor") from error
    if version != _VERSION or digest != _digest(request) or not isinstance(after, str):
        raise ParameterError("cursor-invalid", where="cursor")
    return after


def _digest(request: Mapping[str, Any]) -> str:
    text = json.dumps(dict(request), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]

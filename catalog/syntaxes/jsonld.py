"""JSON-LD: read whole, looked through, and parsed with known contexts put in; no other context is ever fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse

from catalog.errors import InputError, LimitExceededError, SyntaxInvalidError
from catalog.safety import MAX_DEPTH, MAX_JSON_BYTES
from catalog.syntaxes.statements import Problem, Statements, checked

_SEMIC = "semiceu.github.io/DCAT-AP/releases/"
_CONTEXTS: dict[str, str] = {
    f"{_SEMIC}3.0.0/context/dcat-ap.jsonld": "dcat-ap-3.0.0",
    f"{_SEMIC}3.0.1/context/dcat-ap.jsonld": "dcat-ap-3.0.1",
    "semiceu.github.io/uri.semic.eu-generated/DCAT-AP/releases/3.0.0/context/dcat-ap.jsonld": "dcat-ap-3.0.0",
    "semiceu.github.io/uri.semic.eu-generated/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld": "dcat-ap-3.0.1",
    "data.europa.eu/r5r/dcat-ap.jsonld": "dcat-ap-3.0.1",
    "www.w3.org/ns/odrl.jsonld": "odrl",
}
"""IRI without scheme to the bundled context; the DCAT-AP contexts are the published ones (CC BY 4.0, SEMIC)."""

_SIGNS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]')


def load_json(stream: BufferedReader[Any]) -> Any:
    """Return the JSON document in ``stream``.

    Raises ``SyntaxInvalidError`` with the place of a fault, and ``LimitExceededError`` for size and nesting.
    """
    data = stream.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise LimitExceededError("document-too-large", limit="json", value=MAX_JSON_BYTES)
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SyntaxInvalidError("encoding-not-utf8", where=f"line {line}", value="") from error
    except RecursionError as error:
        raise _too_deep("") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SyntaxInvalidError("syntax-error", where=where, value=error.msg) from error
    except ValueError as error:
        raise SyntaxInvalidError("syntax-error", value=str(error)) from error
    _check_depth(document)
    return document


def check_nesting(head: bytes) -> None:
    """Raise ``LimitExceededError`` where JSON is nested too deeply in its first bytes already."""
    if head.lstrip()[:1] not in (b"{", b"["):
        return
    depth = 0
    for sign in _SIGNS.finditer(head):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(sign[0], 0)
        if depth > MAX_DEPTH:
            raise _too_deep("")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _too_deep(where: str) -> LimitExceededError:
    return LimitExceededError("nesting-too-deep", where=where, limit="depth", value=MAX_DEPTH)


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [child for value in level if isinstance(value, dict | list) for child in _children(value)]
        if not level:
            return
    raise _too_deep("")


def _children(value: dict[str, Any] | list[Any]) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value
    return [child for child in children if isinstance(child, dict | list)]


def read_jsonld(stream: BufferedReader[Any], base: str | None) -> Iterator[Statements | Problem]:
    """Read JSON-LD 1.1.

    Raises ``SyntaxInvalidError`` where it is not JSON or not JSON-LD, ``InputError`` (``context-refused``) with a
    JSON pointer for a context that is not bundled.
    """
    yield from read_document(load_json(stream), base)


def read_document(document: Any, base: str | None) -> Iterator[Statements | Problem]:
    """Read one JSON-LD document that was loaded already; raises as :func:`read_jsonld` does."""
    text = json.dumps(_with_contexts(document, ""), ensure_ascii=False)
    try:
        yield from checked(parse(text, RdfFormat.JSON_LD, base_iri=base, lenient=True))
    except SyntaxError as error:
        raise SyntaxInvalidError("syntax-error", value=str(error)) from error


def _with_contexts(value: Any, pointer: str) -> Any:
    if isinstance(value, list):
        return [_with_contexts(child, f"{pointer}/{i}") for i, child in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "@import" in value:
        raise _refused(value["@import"], f"{pointer}/@import")
    return {
        key: _context(child, f"{pointer}/@context") if key == "@context" else _with_contexts(child, f"{pointer}/{key}")
        for key, child in value.items()
    }


def _context(value: Any, pointer: str) -> Any:
    if isinstance(value, list):
        return [_context(child, f"{pointer}/{i}") for i, child in enumerate(value)]
    if not isinstance(value, str):
        return _with_contexts(value, pointer)
    name = _CONTEXTS.get(value.partition("://")[2])
    if name is None:
        raise _refused(value, pointer)
    return _bundled(name)


@cache
def _bundled(name: str) -> Any:
    file = Path(__file__).with_name("contexts") / f"{name}.jsonld"
    return json.loads(file.read_text(encoding="utf-8"))["@context"]


def _refused(context: object, pointer: str) -> InputError:
    known = ", ".join(sorted(f"https://{iri}" for iri in _CONTEXTS))
    return InputError("context-refused", where=pointer, value=str(context)[:200], known=known)

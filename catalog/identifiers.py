"""Identifiers: record ids, the 32-character object code of NDI-TR-2025-04, and the social credit code of GB 32100."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote

from catalog.errors import IdentifierError
from catalog.model import GraphIri, Kind

OBJECT_TYPES: dict[Kind, str] = {Kind.DATASET: "7", Kind.SERIES: "7", Kind.SERVICE: "6"}
"""Object type (first character) by kind: 6 data product, 7 data resource (NDI-TR-2025-04 §4)."""

EXTENSION_MARK = "•"

_MOD37_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BASE36 = _MOD37_ALPHABET[:36]
_OBJECT_CODE = re.compile(rf"[1-7][0-9A-Z]{{18}}[0-9A-Z]{{12}}[0-9A-Z*](?:{EXTENSION_MARK}.{{1,32}})?")
_ABSOLUTE_IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_CREDIT_CODE = re.compile(f"[{_CREDIT_ALPHABET}]{{18}}")


def record_id(iri: str) -> str:
    """Return the record id of a resource: 16 characters (80 bits) of the SHA-256 of its IRI, in base 32."""
    return base64.b32encode(hashlib.sha256(iri.encode()).digest()[:10]).decode().lower()


def record_graph(base_iri: str, iri: str) -> GraphIri:
    """Return the IRI of the named graph, and catalogue record, of the resource ``iri``."""
    return GraphIri(f"{base_iri}record/{record_id(iri)}")


def source_iri(name: str) -> str:
    """Return the IRI of the source that somebody names: the name itself if it is an IRI, else one made of it."""
    return name if _ABSOLUTE_IRI.fullmatch(name) else "urn:spacecat:source:" + quote(name, safe="")


def looks_like_object_code(text: str) -> bool:
    """Say whether ``text`` has the form of an object code, so that its check character must be right."""
    return _OBJECT_CODE.fullmatch(text) is not None


def check_object_code(text: str) -> str:
    """Return the object code in ``text`` (32 characters, and an extension if there is one).

    Raises ``IdentifierError`` (``object-code-form`` or ``object-code-check``) saying what is wrong.
    """
    code = text.strip()
    if not looks_like_object_code(code):
        raise IdentifierError("object-code-form", where=text)
    expected = _mod37_check(code[:31])
    if code[31] != expected:
        raise IdentifierError("object-code-check", where=text, found=code[31], expected=expected)
    return code


def make_object_code(object_type: str, subject_code: str, seed: str) -> str:
    """Return the object code of a resource, the same for the same ``seed`` (the resource's IRI, and a counter).

    ``subject_code`` is the credit code of who offers it; the area segment is the administrative division that the
    credit code itself carries (characters 3–6, GB/T 2260).
    """
    number = int.from_bytes(hashlib.sha256(b"object-code:" + seed.encode()).digest()[:8], "big")
    serial = ""
    for _ in range(8):
        number, digit = divmod(number, 36)
        serial += _BASE36[digit]
    area = subject_code[2:6] if subject_code[2:6].isdigit() else "0000"
    body = object_type + subject_code + area + serial
    return body + _mod37_check(body)


def check_credit_code(text: str) -> str:
    """Return the unified social credit code in ``text``.

    Raises ``IdentifierError`` (``credit-code-form`` or ``credit-code-check``) saying what is wrong.
    """
    code = text.strip()
    if not _CREDIT_CODE.fullmatch(code):
        raise IdentifierError("credit-code-form", where=text)
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, index, 31) for index, char in enumerate(code[:17]))
    expected = _CREDIT_ALPHABET[-total % 31]
    if code[17] != expected:
        raise IdentifierError("credit-code-check", where=text, found=code[17], expected=expected)
    return code


def _mod37_check(body: str) -> str:
    """Return the check character of ISO/IEC 7064 MOD 37-2 (GB/T 17710)."""
    total = 0
    for char in body:
        total = (total + _MOD37_ALPHABET.index(char)) * 2 % 37
    return _MOD37_ALPHABET[(1 - total) % 37]

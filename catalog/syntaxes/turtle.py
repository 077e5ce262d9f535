"""Turtle and TriG: as a stream; after an error reading goes on with the next statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from pyoxigraph import RdfFormat, Triple, parse

from catalog.errors import InputError, LimitExceededError, SyntaxInvalidError
from catalog.safety import MAX_LINE_BYTES
from catalog.syntaxes.blocks import BLOCK_BYTES, as_file
from catalog.syntaxes.ntriples import parser_words
from catalog.syntaxes.statements import BATCH, Problem, Statements, without_triple_terms

_NESTED_TERMS = 64


def _next_block(stream: BufferedReader[Any]) -> bytes:
    """Return text for the parser. Raises ``InputError`` for nested triple terms, which can end the process."""
    data = stream.read(BLOCK_BYTES)
    if data.count(b"<<") > _NESTED_TERMS and _deepest(data) > _NESTED_TERMS:
        raise InputError("triple-term")
    return data


def _deepest(data: bytes) -> int:
    depth = deepest = 0
    for mark in re.finditer(rb"<<|>>", data):
        depth = depth + 1 if mark[0] == b"<<" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def read_turtle(stream: BufferedReader[Any], syntax: RdfFormat, base: str | None) -> Iterator[Statements | Problem]:
    """Read Turtle or TriG; each error is told with its line and the subject that was being described."""
    parser = parse(as_file(lambda: _next_block(stream)), syntax, base_iri=base)
    last: Triple | None = None
    while True:
        batch: list[Triple] = []
        error: SyntaxError | None = None
        try:
            for quad in parser:
                batch.append(quad.triple)
                if len(batch) >= BATCH:
                    break
        except SyntaxError as caught:
            error = caught
        except MemoryError as full:
            if "buffer" not in str(full):
                raise
            raise LimitExceededError("token-too-long", limit="token", value=MAX_LINE_BYTES) from full
        if batch:
            last = batch[-1]
            yield from without_triple_terms(batch)
        if error is not None:
            yield _problem(error, last)
        elif len(batch) < BATCH:
            return


def _problem(error: SyntaxError, last: Triple | None) -> Problem:
    detail = parser_words(error)
    if "Invalid UTF-8" in detail:
        raise SyntaxInvalidError("encoding-not-utf8", where=f"line {error.lineno}", value="")
    subject = str(last.subject) if last is not None else None
    return Problem("syntax-error", detail, line=error.lineno, subject=subject, lost=True)

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
_KEPT_BYTES = 8 * BLOCK_BYTES
_EMPTY = re.compile(r"\s*(?:#.*)?\n?")
_STATEMENT_END = re.compile(r".*(?<!\\)[.{}]\s+(?:#[^\"'<>]*)?", re.DOTALL)
"""Text with which a statement is over; a comment counts as such only if it can be nothing else."""


class _Text:
    """The document on its way to the parser; the last of it is kept, to see what stands before an error."""

    def __init__(self, stream: BufferedReader[Any]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._first = 1

    def next_block(self) -> bytes:
        """Return text for the parser. Raises ``InputError`` for nested triple terms, which can end the process."""
        data = self._stream.read(BLOCK_BYTES)
        if data.count(b"<<") > _NESTED_TERMS and _deepest(data) > _NESTED_TERMS:
            raise InputError("triple-term")
        self._kept += data
        if len(self._kept) > 2 * _KEPT_BYTES:
            cut = self._kept.find(b"\n", len(self._kept) - _KEPT_BYTES) + 1
            self._first += self._kept.count(b"\n", 0, cut)
            del self._kept[:cut]
        return data

    def unfinished(self, error: SyntaxError, last: Triple | None) -> Triple | None:
        """Return ``last`` unless its statement was over when the error came, so that it lost nothing."""
        return None if self._is_between_statements(error) else last

    def _is_between_statements(self, error: SyntaxError) -> bool:
        rows = bytes(self._kept).split(b"\n")
        number, column = (error.lineno or 0) - self._first, (error.offset or 1) - 1
        if not 0 <= number < len(rows):
            return False
        row = rows[number].decode(errors="replace")
        if row[column : column + 1] in ("", "\\", "\r"):  # in the midst of a literal
            return False
        before = row[:column]
        while _EMPTY.fullmatch(before) and number:
            number -= 1
            before = rows[number].decode(errors="replace") + "\n"
        return _STATEMENT_END.fullmatch(before) is not None


def _deepest(data: bytes) -> int:
    depth = deepest = 0
    for mark in re.finditer(rb"<<|>>", data):
        depth = depth + 1 if mark[0] == b"<<" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def read_turtle(stream: BufferedReader[Any], syntax: RdfFormat, base: str | None) -> Iterator[Statements | Problem]:
    """Read Turtle or TriG; each error is told with its line and the subject that was being described, if any."""
    text = _Text(stream)
    parser = parse(as_file(text.next_block), syntax, base_iri=base)
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
            last = text.unfinished(error, last)
            yield _problem(error, last)
        elif len(batch) < BATCH:
            return


def _problem(error: SyntaxError, last: Triple | None) -> Problem:
    detail = parser_words(error)
    if "Invalid UTF-8" in detail:
        raise SyntaxInvalidError("encoding-not-utf8", where=f"line {error.lineno}", value="")
    subject = str(last.subject) if last is not None else None
    return Problem("syntax-error", detail, line=error.lineno, subject=subject, lost=True)

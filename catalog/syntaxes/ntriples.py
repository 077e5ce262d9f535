"""N-Triples and N-Quads: block by block, and where a block does not parse, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from pyoxigraph import Quad, RdfFormat, Triple, parse

from catalog.safety import MAX_LINE_BYTES
from catalog.syntaxes.statements import Problem, Statements, to_lines

_BLOCK_BYTES = 1 << 19
_SUBJECT = re.compile(rb"\s*(<[^<>\s]*>|_:[^\s<>]+)")


def read_lines(stream: BufferedReader[Any], syntax: RdfFormat) -> Iterator[Statements | Problem]:
    """Read N-Triples or N-Quads; a line that is wrong is told and left out."""
    for block in _iter_blocks(stream):
        if isinstance(block, Problem):
            yield block
            continue
        first, data = block
        quads = _parse(data, syntax) if b"<<" not in data else None
        if quads is None:
            yield from _read_each_line(first, data, syntax)
        elif quads:
            yield Statements(to_lines([quad.triple for quad in quads]), _numbers(first, data, len(quads)))


def _parse(data: bytes, syntax: RdfFormat) -> list[Quad] | None:
    try:
        return list(parse(data, syntax))
    except SyntaxError:
        return None


def _iter_blocks(stream: BufferedReader[Any]) -> Iterator[tuple[int, bytes] | Problem]:
    """Cut into blocks of whole lines, each with the number of its first line."""
    number, pieces, size = 1, [b""], 0
    while data := stream.read(_BLOCK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            block = b"".join([*pieces, data[:cut]])
            yield number, block
            number += block.count(b"\n")
            pieces, size = [data[cut:]], len(data) - cut
            continue
        pieces.append(data)
        size += len(data)
        if size > MAX_LINE_BYTES:
            yield _long_line(number, pieces)
            pieces, size = [_skip_line(stream)], 0
            number += 1
    if any(pieces):
        yield number, b"".join(pieces)


def _long_line(number: int, pieces: list[bytes]) -> Problem:
    subject = _subject_of((pieces[0] + pieces[1])[:4096])
    return Problem("line-too-long", str(MAX_LINE_BYTES), line=number, subject=subject)


def _skip_line(stream: BufferedReader[Any]) -> bytes:
    while data := stream.read(_BLOCK_BYTES):
        _, newline, rest = data.partition(b"\n")
        if newline:
            return rest
    return b""


def _numbers(first: int, data: bytes, count: int) -> list[int]:
    """Return the line number of each statement."""
    if data.count(b"\n") == count:
        return list(range(first, first + count))
    rows = data.split(b"\n")
    numbers = [first + i for i, row in enumerate(rows) if (bare := row.strip()) and not bare.startswith(b"#")]
    return numbers if len(numbers) == count else [first] * count


def _read_each_line(first: int, data: bytes, syntax: RdfFormat) -> Iterator[Statements | Problem]:
    found: list[Triple] = []
    numbers: list[int] = []
    for number, row in enumerate(data.split(b"\n"), first):
        problem, quads = _read_line(row, number, syntax)
        found += [quad.triple for quad in quads]
        numbers += [number] * len(quads)
        if problem:
            yield problem
    if found:
        yield Statements(to_lines(found), numbers)


def _read_line(row: bytes, number: int, syntax: RdfFormat) -> tuple[Problem | None, list[Quad]]:
    subject = _subject_of(row)
    if row.count(b"<<") > 16 and row.lstrip()[:1] in (b"<", b"_"):
        return Problem("triple-term", line=number, subject=subject), []  # not even parsed: nesting can end the process
    try:
        quads = list(parse(row, syntax))
    except SyntaxError as error:
        return _line_problem(row, number, subject, error), []
    if any(isinstance(quad.object, Triple) for quad in quads):
        return Problem("triple-term", line=number, subject=subject), []
    return None, quads


def _line_problem(row: bytes, number: int, subject: str | None, error: SyntaxError) -> Problem:
    try:
        row.decode()
    except UnicodeDecodeError:
        return Problem("encoding-not-utf8", line=number, subject=subject)
    return Problem("syntax-error", parser_words(error), line=number, subject=subject)


def _subject_of(row: bytes) -> str | None:
    match = _SUBJECT.match(row)
    return match[1].decode(errors="replace") if match else None


def parser_words(error: SyntaxError) -> str:
    """Return what the parser says without the place, which is told apart."""
    return re.sub(r"^Parser error (?:at|between) line.*?: | \(line \d+\)$", "", str(error))

"""What can be said about a SPARQL text without a parser of our own: the engine's parser is asked instead.

Whether a word is a keyword or sits in a string, a name or a comment is for the parser to say: the word is replaced by
one that is no keyword, and the text still parses exactly if it was none. No trick with quotes, comments or ``<``
can make the two disagree, because the same parser reads both. Parsing happens in a worker: it can crash.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pyoxigraph import NamedNode, Store

from catalog.errors import ParameterError, QueryRefusedError, SyntaxInvalidError
from catalog.model import DEFAULT_GRAPH, GraphIri
from catalog.ports import Term, UpdateRequest

Parser = Callable[[str], object]

_NO_KEYWORD = "qzqzqzq"
_REMOTE = re.compile(
    r"(?:(SERVICE)|LOAD)\s+(?:SILENT\s+)?(<([^<>\"{}|^`\\\s]*)>)(?:\s+INTO\s+GRAPH\s+<[^<>\"{}|^`\\\s]*>)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"""(?:\s|\#[^\n]*)*  # space and comments
    ( \"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\" | \'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | <[^<>"{}|^`\\\s]*> | [\w:.$?-]+ | . )""",
    re.VERBOSE | re.DOTALL,
)
_LIMIT = re.compile(
    r"^[^#\n\\]*(?<=[\s})])LIMIT[ \t]+(\d{1,18})(?:[ \t]+OFFSET[ \t]+\d+)?\s*\Z", re.IGNORECASE | re.MULTILINE
)
_ERROR_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


def query_parser(base: str | None) -> Parser:
    """Return what parses a query or raises ``SyntaxError``. It runs on an empty store, so nothing is computed."""
    return lambda text: Store().query(text, base_iri=base)


def update_parser(base: str | None) -> Parser:
    """Return what parses an update or raises ``SyntaxError``. It runs on an empty store that is thrown away."""

    def parse(text: str) -> None:
        with contextlib.suppress(RuntimeError, OSError):  # it parsed, and then missed a graph that is not there
            Store().update(text, base_iri=base)

    return parse


def mentions(text: str, word: str) -> bool:
    """Say whether the letters of ``word``, in capitals, stand anywhere in ``text``, in any case."""
    return word in text.upper()


def has_limit(query: str, rows: int) -> bool:
    """Say whether a query that parses ends in a ``LIMIT`` of at most ``rows`` solutions.

    After the last brace only that clause can look so, and a comment, which is why a line with ``#`` does not count.
    """
    found = _LIMIT.search(query)
    return found is not None and int(found[1]) <= rows


def has_keyword(text: str, keyword: str, parse: Parser) -> bool:
    """Say whether ``keyword`` stands in ``text`` as a keyword. A text that does not parse anyway has it, perhaps."""
    if not mentions(text, keyword):
        return False
    masked = re.sub(keyword, _NO_KEYWORD, text, flags=re.IGNORECASE)
    return masked != text and not _parses(masked, parse)


def refuse_remote(text: str, keyword: str, hosts: tuple[str, ...], parse: Parser) -> None:
    """Refuse ``SERVICE`` (or ``LOAD``) unless its address is written out and its host is one of ``hosts``.

    Raises ``QueryRefusedError`` and ``SyntaxInvalidError``. Nothing of the text is run.
    """
    if not mentions(text, keyword):
        return
    allowed = _REMOTE.sub(lambda found: _local(found) if _host(found[3]) in hosts else found[0], text)
    if not has_keyword(allowed, keyword, parse):
        return
    plain = re.sub(rf"{keyword}(\s+SILENT)?", "GRAPH", _REMOTE.sub(_local, text), flags=re.IGNORECASE)
    try:
        parse(plain)
    except SyntaxError as error:
        raise syntax_invalid(error) from error
    raise QueryRefusedError("remote-refused", where=keyword, hosts=", ".join(hosts) or "–")


def syntax_invalid(error: SyntaxError) -> SyntaxInvalidError:
    """Turn the engine's syntax error into ours, with the place."""
    found = _ERROR_PLACE.match(str(error))
    if not found:
        return SyntaxInvalidError("query-syntax", detail=str(error)[:500])
    return SyntaxInvalidError("query-syntax", where=f"{found[1]}:{found[2]}", detail=found[3][:500])


def replacement(graph: GraphIri, triples: str, unnamed: bool = True) -> str:
    """Return an update that makes ``triples`` (N-Triples) the whole content of ``graph``.

    :data:`DEFAULT_GRAPH` means the unnamed graph, or with ``unnamed`` false a graph of that very name.
    """
    if unnamed and graph == DEFAULT_GRAPH:
        return f"CLEAR SILENT DEFAULT ;\nINSERT DATA {{\n{triples}}}"
    name = NamedNode(graph)
    return f"DROP SILENT GRAPH {name}" + (f" ;\nINSERT DATA {{ GRAPH {name} {{\n{triples}}} }}" if triples else "")


def with_using(request: UpdateRequest) -> str:
    """Add ``USING`` clauses to each operation of an update that has a ``WHERE`` (SPARQL 1.1 Protocol §2.2.3).

    Raises ``ParameterError`` where the update has ``USING``, ``USING NAMED`` or ``WITH`` itself, or is of the short
    form ``DELETE WHERE``, which takes none.
    """
    text = request.text
    if not request.using_graphs and not request.using_named_graphs:
        return text
    parse = update_parser(request.base)
    if any(has_keyword(text, keyword, parse) for keyword in ("USING", "WITH")):
        raise ParameterError("using-conflict", where="using-graph-uri")
    clauses = [f"USING <{graph}>" for graph in request.using_graphs]
    clauses += [f"USING NAMED <{graph}>" for graph in request.using_named_graphs]
    pieces, start, before = [], 0, ""
    for token in _TOKEN.finditer(text):
        word = token[1].upper()
        if word == "WHERE" and before == "DELETE":
            raise ParameterError("using-conflict", where="using-graph-uri")
        if word == "WHERE" and before == "}":
            pieces += [text[start : token.start(1)], " ".join(clauses), " "]
            start = token.start(1)
        before = word
    return "".join(pieces) + text[start:]


def bind(query: str, bindings: Mapping[str, Term] | None) -> str:
    """Return one of our own queries with variables fixed: a ``VALUES`` block at the head of its outermost group."""
    if not bindings:
        return query
    names = " ".join(f"?{name}" for name in bindings)
    terms = " ".join(str(term) for term in bindings.values())
    head, brace, body = query.partition("{")
    return f"{head}{brace} VALUES ({names}) {{ ({terms}) }} {body}"


def _local(found: re.Match[str]) -> str:
    return f"GRAPH {found[2]}" if found[1] else f"CREATE SILENT GRAPH {found[2]}"


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") else None


def _parses(text: str, parse: Parser) -> bool:
    try:
        parse(text)
    except SyntaxError:
        return False
    return True

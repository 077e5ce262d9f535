"""Kinds of value: how each is read from JSON into RDF terms, and written back.

Readers return terms or raise :class:`ValueProblem`; the engine reports the problem with its pointer and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from mappings.rules import FieldRule
from ontology.namespaces import RDF, XSD

Term = NamedNode | BlankNode | Literal

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
_MAP_KEY = re.compile(r"([A-Za-z]{2}|und|cmn|yue|wuu|nan|hak|fil|gsw|nds|ast|hsb|dsb)(-[A-Za-z0-9]{1,8})*\Z")
"""Tags as language maps use them: longer ones would take ``url`` or ``name`` for a language."""

_UNSAFE = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?\Z")
_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?\Z")
_WEEKS = re.compile(r"P(\d{1,6})W\Z")
_SIZE = re.compile(r"([0-9][0-9,]{0,30}(?:\.[0-9]{1,30})?)\s*([kKMGTPE]?)(i?)([Bb](?:ytes?)?)?\Z")
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


class ValueProblem(ValueError):  # noqa: N818 - it is reported, not an error of the program
    """A value is not of its kind; ``reason`` is a kebab-case code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value may depend on beside itself: the language of texts without one, and prefixes of compact IRIs."""

    language: str | None
    prefixes: Mapping[str, str]

    def expand(self, text: str) -> str:
        """Return the IRI of a compact IRI whose prefix is known here; any other text as it is."""
        prefix, colon, local = text.partition(":")
        known = colon and not local.startswith("//") and prefix in self.prefixes
        return self.prefixes[prefix] + local if known else text

    def compact(self, iri: str) -> str:
        """Return the shortest writing of an IRI by the prefixes known here."""
        names = [f"{prefix}:{iri[len(space) :]}" for prefix, space in self.prefixes.items() if iri.startswith(space)]
        return min(names, key=len, default=iri)


def iri(text: object) -> NamedNode:
    """Return an absolute IRI, its forbidden characters percent-encoded (RFC 3987). Raises :class:`ValueProblem`."""
    if not isinstance(text, str):
        raise ValueProblem("not-an-iri")
    cleaned = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", text.strip())
    if not _SCHEME.match(cleaned):
        raise ValueProblem("not-an-absolute-iri")
    try:
        return NamedNode(cleaned)
    except ValueError as error:
        raise ValueProblem("not-an-iri") from error


def literal(text: str, language: str | None = None, datatype: str | None = None) -> Literal:
    """Return a literal. Raises :class:`ValueProblem` for text that is not Unicode and for malformed language tags."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueProblem("not-unicode")
    if language is not None:
        tag = language.replace("_", "-")
        if not _LANGUAGE.match(tag):
            raise ValueProblem("not-a-language-tag")
        return Literal(text, language=tag)
    return Literal(text, datatype=NamedNode(datatype)) if datatype and datatype != XSD + "string" else Literal(text)


def read(value: Any, rule: FieldRule, around: Surroundings) -> list[Term]:
    """Return the terms that a JSON value stands for under a rule. Raises :class:`ValueProblem`."""
    return list(_READERS[rule.kind](value, rule, around))


def write(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    """Return the JSON value for one term under a rule (any kind but texts and nodes). Raises :class:`ValueProblem`."""
    return _WRITERS[rule.kind](term, rule, around)


def is_language_map(value: object) -> bool:
    """Say whether a JSON value is an object from language tags to texts."""
    return isinstance(value, dict) and bool(value) and all(map(_MAP_KEY.match, value)) and value.keys() != {"id"}


def _texts(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    language = None if rule.language == "none" else rule.language or around.language
    if isinstance(value, str):
        yield literal(value, language)
    elif isinstance(value, dict) and isinstance(value.get("@value"), str):
        yield literal(value["@value"], value.get("@language", language))
    else:
        yield from _translations(value, rule, around)


def _translations(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    if not is_language_map(value):
        raise ValueProblem("not-a-text")
    for tag, texts in value.items():
        for text in texts if isinstance(texts, list) else [texts]:
            if not isinstance(text, str):
                raise ValueProblem("not-a-text")
            if text:
                yield literal(text, tag)


def _bare(value: Any) -> Any:
    return value.get("@value", value.get("@id", value)) if isinstance(value, dict) else value


def _strings(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    bare = _bare(value)
    if is_language_map(bare):
        bare = bare.get("en") or next(iter(bare.values()))
    if isinstance(bare, bool) or not isinstance(bare, (str, int, float, Decimal)):
        raise ValueProblem("not-a-text")
    yield literal(str(bare), datatype=rule.datatype)


def _iris(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    bare = _bare(value)
    if rule.pattern and isinstance(bare, str) and not rule.pattern.search(bare.strip()):
        raise ValueProblem("not-in-pattern")
    if rule.prefix and isinstance(bare, str) and not bare.startswith(rule.prefix):
        bare = rule.prefix + bare.partition(";")[0].strip()
    yield iri(around.expand(bare) if isinstance(bare, str) else bare)


def _emails(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    if not isinstance(value, str) or "@" not in value:
        raise ValueProblem("not-an-email-address")
    yield iri("mailto:" + value.strip().removeprefix("mailto:").strip())


def date_literal(value: object) -> Literal:
    """Return an ISO 8601 year, month, day or time as the XSD type of that precision. Raises :class:`ValueProblem`."""
    text = str(_bare(value)).strip()
    kinds = {4: ("gYear", "-01-01"), 7: ("gYearMonth", "-01"), 10: ("date", "")}
    if len(text) in kinds:
        name, rest = kinds[len(text)]
        _check_time(text + rest)
        return Literal(text, datatype=NamedNode(XSD + name))
    match = _TIME.match(text)
    if match is None:
        raise ValueProblem("not-a-date")
    zone = match[4] or ""
    zone = f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else zone
    lexical = f"{match[1]}T{match[2]}{match[3] or ':00'}{zone}"
    _check_time(re.sub(r"\.\d+", "", lexical))
    return Literal(lexical, datatype=NamedNode(XSD + "dateTime"))


def _check_time(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueProblem("not-a-date") from error


def _dates(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    yield date_literal(value)


def interval(value: object) -> tuple[Literal | None, Literal | None]:
    """Return start and end of an ISO 8601 interval; ``..`` leaves a side open. Raises :class:`ValueProblem`."""
    if not isinstance(value, str):
        raise ValueProblem("not-an-interval")
    start, slash, end = value.strip().partition("/")
    open_ends = ("", "..")
    if start in open_ends and end in open_ends:
        raise ValueProblem("not-an-interval")
    if not slash:
        return date_literal(start), date_literal(start)
    sides = [None if side in open_ends else date_literal(side) for side in (start, end)]
    return sides[0], sides[1]


def _durations(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    text = str(_bare(value)).strip()
    weeks = _WEEKS.match(text)
    if weeks:
        text = f"P{int(weeks[1]) * 7}D"
    if not _DURATION.match(text):
        raise ValueProblem("not-a-duration")
    yield Literal(text, datatype=NamedNode(XSD + "duration"))


def _integers(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    text = str(_bare(value)).strip()
    if isinstance(value, bool) or not _INTEGER.match(text):
        raise ValueProblem("not-an-integer")
    yield Literal(str(int(text)), datatype=NamedNode(rule.datatype or XSD + "integer"))


def _decimals(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    try:
        number = Decimal(str(_bare(value)).strip())
    except InvalidOperation as error:
        raise ValueProblem("not-a-number") from error
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise ValueProblem("not-a-number")
    yield Literal(f"{number:f}", datatype=NamedNode(rule.datatype or XSD + "decimal"))


def _booleans(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    text = str(_bare(value)).strip().lower()
    if text not in ("true", "false"):
        raise ValueProblem("not-a-boolean")
    yield Literal(text, datatype=NamedNode(XSD + "boolean"))


def _bytes(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    match = None if isinstance(value, bool) else _SIZE.match(str(_bare(value)).strip())
    if match is None:
        raise ValueProblem("not-a-size")
    size = Decimal(match[1].replace(",", "")) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()]
    yield Literal(str(int(size)), datatype=NamedNode(XSD + "nonNegativeInteger"))


def _codes(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    bare = _bare(value)
    if not isinstance(bare, (str, int, float, bool, Decimal)):
        raise ValueProblem("not-a-code")
    for table in rule.tables:
        found = table.find_iri(bare)
        if found:
            yield NamedNode(found)
            return
    raise ValueProblem("unknown-code")


def _values(value: Any, rule: FieldRule, around: Surroundings) -> Iterator[Term]:
    if isinstance(value, dict) and "@id" in value:
        yield from _iris(value, rule, around)
    elif isinstance(value, dict) and isinstance(value.get("@type"), str):
        yield literal(str(value.get("@value", "")), datatype=iri(around.expand(value["@type"])).value)
    elif isinstance(value, str) or is_language_map(value) or (isinstance(value, dict) and "@value" in value):
        yield from _texts(value, rule, around)
    elif isinstance(value, bool):
        yield from _booleans(value, rule, around)
    elif isinstance(value, int):
        yield from _integers(value, rule, around)
    else:
        yield from _decimals(value, rule, around)


_READERS: dict[str, Callable[[Any, FieldRule, Surroundings], Iterator[Term]]] = {
    "text": _texts,
    "translations": _translations,
    "string": _strings,
    "iri": _iris,
    "email": _emails,
    "date": _dates,
    "duration": _durations,
    "integer": _integers,
    "decimal": _decimals,
    "boolean": _booleans,
    "bytes": _bytes,
    "code": _codes,
    "value": _values,
}


def _lexical(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    if not isinstance(term, Literal):
        raise ValueProblem("not-a-literal")
    return term.value


def _named(term: Term) -> str:
    if not isinstance(term, NamedNode):
        raise ValueProblem("not-an-iri")
    return term.value


def _write_iri(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    name = _named(term)
    if rule.prefix:
        if not name.startswith(rule.prefix):
            raise ValueProblem("outside-the-prefix")
        return name[len(rule.prefix) :]
    return {"@id": around.compact(name)} if rule.write == "reference" else name


def _write_email(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    return term.value if rule.write == "iri" else term.value.removeprefix("mailto:")


def _write_number(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    try:
        number = Decimal(_lexical(term, rule, around))
    except InvalidOperation as error:
        raise ValueProblem("not-a-number") from error
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise ValueProblem("not-a-number")
    return int(number) if number == number.to_integral_value() else float(number)


def _write_bytes(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    number = _write_number(term, rule, around)
    return f"{number} B" if rule.write == "unit" else number


def _write_boolean(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    return _lexical(term, rule, around) in ("true", "1")


def _write_code(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    name = _named(term)
    if rule.write == "iri":
        return name
    for table in rule.tables:
        if name in table.name_of:
            return table.name_of[name]
    if "iri" in rule.otherwise:
        return name
    raise ValueProblem("unknown-code")


def _write_value(term: Term, rule: FieldRule, around: Surroundings) -> Any:
    if not isinstance(term, Literal):
        return {"@id": around.compact(_named(term))}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value in (XSD + "string", RDF + "langString"):
        return term.value
    return {"@value": term.value, "@type": around.compact(term.datatype.value)}


_WRITERS: dict[str, Callable[[Term, FieldRule, Surroundings], Any]] = {
    "string": _lexical,
    "iri": _write_iri,
    "email": _write_email,
    "date": _lexical,
    "duration": _lexical,
    "integer": _write_number,
    "decimal": _write_number,
    "boolean": _write_boolean,
    "bytes": _write_bytes,
    "code": _write_code,
    "value": _write_value,
}

"""Mapping rules as data: reading a rule file, checking it, and the objects that the engine works with.

``rules/*.yaml`` hold one format each, ``rules/tables.yaml`` the code tables that formats share; the form is laid down
in ``rules.schema.json`` and explained to editors in ``docs/mappings.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Any

import yaml

from mappings.paths import Path, PathError
from ontology.namespaces import PREFIXES

HERE = FilePath(__file__).parent
RULES = HERE / "rules"
SHARED_TABLES = RULES / "tables.yaml"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One fault of a rule file: the line (from 1), the place in the document, and what is wrong, in English."""

    line: int
    place: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.place or 'document'}: {self.message}"


class RuleFileError(ValueError):
    """A rule file cannot be used; ``problems`` names each fault with its line."""

    def __init__(self, name: str, problems: list[RuleProblem]) -> None:
        super().__init__(name, problems)
        self.name = name
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(f"{self.name}, {problem}" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Table:
    """A code table: the IRI of each name (in any case) and the name that is written for each IRI."""

    iri_of: Mapping[str, str]
    name_of: Mapping[str, Any]

    def find_iri(self, name: object) -> str | None:
        """Return the IRI for a name, or for the IRI itself."""
        text = str(name).strip()
        return text if text in self.name_of else self.iri_of.get(_table_key(name))


@dataclass(frozen=True)
class FieldRule:
    """One rule: where a value stands in the foreign format, which property holds it, and what kind of value it is.

    ``properties`` has one property, or a chain for rules that only write, which may begin at the record's resource
    (``absolute``) instead of the node at hand. ``node`` is set for kind ``node``.
    """

    paths: tuple[Path, ...]
    properties: tuple[str, ...]
    kind: str
    direction: str | None = None
    unless: tuple[Path, ...] = ()
    language: str | None = None
    datatype: str | None = None
    tables: tuple[Table, ...] = ()
    prefix: str = ""
    pattern: re.Pattern[str] | None = None
    not_in: Table | None = None
    packed: str | None = None
    write: str | None = None
    otherwise: tuple[str, ...] = ()
    or_resource: bool = False
    label: str = ""
    classes: tuple[str, ...] = ()
    node: NodeRule | None = None
    absolute: bool = False

    @cached_property
    def heads(self) -> frozenset[str] | None:
        """The members of which an object must have one for the rule to read anything there; ``None`` for any object."""
        names = {path.steps[0].name for path in self.paths if path.steps and not path.absolute}
        return frozenset(names) if all(path.steps and not path.absolute for path in self.paths) else None


@dataclass(frozen=True, slots=True)
class NodeRule:
    """How a JSON object becomes a node with properties: its classes, where its IRI stands, its rules.

    ``mint`` names nodes without an IRI when they are written (``{n}`` counts, ``{prefix:name}`` is a property's value).
    ``constants`` are written beside the rules' values (``{slug}`` is the end of the record's IRI). ``ignore`` lists
    members that carry nothing for a catalogue.
    ``states`` are statements that reading adds and without which a node is not written by this rule.
    """

    classes: tuple[str, ...]
    fields: tuple[FieldRule, ...]
    iri: tuple[Path, ...] = ()
    mint: str = ""
    constants: tuple[tuple[Path, Any], ...] = ()
    ignore: tuple[Path, ...] = ()
    states: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Clue:
    """A sign by which a format is recognised: a member, a text that its value contains, a part of the file's name."""

    path: str
    contains: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class JsonLd:
    """For formats that are JSON-LD: the context whose terms the paths use, namespaces that mean the same
    (old to current), and addresses of contexts that this one stands for."""

    context: Mapping[str, Any]
    same: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormatRules:
    """All rules of one format.

    ``records`` are the paths at which records stand, with whether what is not a record is skipped there;
    ``selectors`` tell by which member paths choose an element of a list (``extras``: ``key``).
    """

    name: str
    title: Mapping[str, str]
    source: str
    clues: tuple[Clue, ...]
    records: tuple[tuple[Path, bool], ...]
    accept: tuple[Path, frozenset[str]] | None
    iri_paths: tuple[Path, ...]
    key_paths: tuple[tuple[Path, ...], ...]
    resource: NodeRule
    language: str | None = None
    jsonld: JsonLd | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, str] = field(default_factory=dict)


def check(text: str) -> list[RuleProblem]:
    """Return every fault of a rule file's text: YAML, form (``rules.schema.json``), paths, prefixes, tables."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        document = yaml.load(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [RuleProblem(line, "", str(error.problem))]
    if root is None:
        return [RuleProblem(1, "", "the file is empty")]
    problems = list(_form_problems(document)) or list(_meaning_problems(document))
    return [RuleProblem(_line_of(root, place), "/".join(map(str, place)), text) for place, text in problems]


def load(path: FilePath) -> FormatRules:
    """Read a rule file. Raises :class:`RuleFileError` naming every fault with its line, and ``OSError``."""
    text = path.read_text("utf-8")
    problems = check(text)
    if problems:
        raise RuleFileError(path.name, problems)
    return _Builder(yaml.safe_load(text)).build()


@lru_cache(maxsize=1)
def shipped() -> dict[str, FormatRules]:
    """Return the rules of the formats that the catalogue knows, by name, in the order in which they are tried."""
    files = (RULES / f"{name}.yaml" for name in ("dcat-us", "croissant", "ckan"))
    return {rules.name: rules for rules in map(load, files)}


@lru_cache(maxsize=1)
def _shared_tables() -> dict[str, dict[str, list[Any]]]:
    tables: dict[str, dict[str, list[Any]]] = yaml.safe_load(SHARED_TABLES.read_text("utf-8"))
    return tables


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((HERE / "rules.schema.json").read_text("utf-8"))
    return schema


def _table_key(name: object) -> str:
    scheme, separator, rest = str(name).strip().casefold().rpartition("://")
    # One address is often written with and without TLS, and with and without a slash at its end.
    return rest.rstrip("/") if separator and scheme in ("http", "https") else scheme + separator + rest


def _form_problems(document: object) -> Iterator[tuple[list[str | int], str]]:
    # Loaded here because only whoever reads rules needs it.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import relevance

    for error in sorted(Draft202012Validator(_schema()).iter_errors(document), key=lambda e: list(map(str, e.path))):
        deepest = min([error, *(error.context or [])], key=relevance) if error.context else error
        yield list(deepest.absolute_path), deepest.message


def _meaning_problems(document: dict[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    prefixes = PREFIXES | document.get("prefixes", {})
    tables = _shared_tables().keys() | document.get("tables", {}).keys()
    for place, key, value in _parts(document):
        for text in _listed(value):
            if key in ("path", "unless", "ignore", "iri", "constants", "key"):
                yield from ((place, f"{each!r} is not a path") for each in _listed(text) if not _is_path(each))
            elif key in ("property", "class", "label", "datatype", "states"):
                prefix = text.strip("/").partition(":")[0]
                if prefix not in prefixes and "://" not in text:
                    yield place, f"the prefix {prefix!r} of {text!r} is not declared"
            elif key in ("table", "not-in") and text not in tables:
                yield place, f"there is no table {text!r}"


def _parts(document: dict[str, Any]) -> Iterator[tuple[list[str | int], str, Any]]:
    """Iterate over everything in a rule file that must mean something: (place, kind of thing, value)."""
    for index, record in enumerate(document["records"]):
        yield ["records", index, "path"], "path", record["path"]
    for key, value in document["identity"].items():
        yield ["identity", key], key, value
    if "accept" in document:
        yield ["accept", "path"], "path", document["accept"]["path"]
    for name, entries in document.get("tables", {}).items():
        yield ["tables", name], "class", list(entries)
    yield from _walk(document["resource"], ["resource"])


def _is_path(text: str) -> bool:
    try:
        Path.parse(text)
    except PathError:
        return False
    return True


def _walk(node: dict[str, Any], place: list[str | int]) -> Iterator[tuple[list[str | int], str, Any]]:
    for key, value in node.items():
        if key == "fields":
            for index, rule in enumerate(value):
                yield from _walk(rule, [*place, "fields", index])
        elif key in ("constants", "states"):
            yield [*place, key], key, [*value, *(value.values() if key == "states" else ())]
        else:
            yield [*place, key], key, value


def _line_of(root: yaml.Node, place: list[str | int] | Any) -> int:
    node, line = root, root.start_mark.line
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if str(step) not in pairs:
                break
            key, node = pairs[str(step)]
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _paths(value: Any) -> tuple[Path, ...]:
    return tuple(Path.parse(text) for text in _listed(value)) if value else ()


def _selectors(node: NodeRule) -> Iterator[tuple[str, str]]:
    for rule in node.fields:
        for step in (step for path in rule.paths for step in path.steps):
            if step.where is not None:
                yield step.name, step.where[0]
        if rule.node is not None:
            yield from _selectors(rule.node)


class _Builder:
    """Turns a checked document into rule objects."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._prefixes = PREFIXES | document.get("prefixes", {})
        tables = _shared_tables() | document.get("tables", {})
        self._tables = {name: self._table(entries) for name, entries in tables.items()}

    def build(self) -> FormatRules:
        document = self._document
        accept = document.get("accept")
        resource = self._node(document["resource"])
        return FormatRules(
            name=document["format"],
            title=document["title"],
            source=document["source"],
            clues=tuple(Clue(**clue) for clue in document["detect"]),
            records=tuple((Path.parse(r["path"]), r.get("others") == "skip") for r in document["records"]),
            accept=(Path.parse(accept["path"]), frozenset(accept["is"])) if accept else None,
            iri_paths=_paths(document["identity"]["iri"]),
            key_paths=tuple(_paths(key) for key in document["identity"]["key"]),
            resource=resource,
            language=document.get("language"),
            jsonld=self._jsonld(document.get("jsonld")),
            prefixes=self._prefixes,
            selectors=dict(_selectors(resource)),
        )

    def _jsonld(self, spec: dict[str, Any] | None) -> JsonLd | None:
        if spec is None:
            return None
        return JsonLd(spec["context"], spec.get("same", {}), tuple(spec.get("known", ())))

    def _expand(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return self._prefixes[prefix] + local if colon and prefix in self._prefixes else name

    def _names(self, value: Any) -> tuple[str, ...]:
        return tuple(self._expand(name) for name in _listed(value)) if value else ()

    def _table(self, entries: dict[str, list[Any]]) -> Table:
        rows = [(self._expand(iri), names) for iri, names in entries.items()]
        return Table(
            iri_of={_table_key(name): iri for iri, names in reversed(rows) for name in names},
            name_of={iri: names[0] for iri, names in rows},
        )

    def _properties(self, name: str) -> tuple[str, ...]:
        return (name,) if "://" in name else tuple(self._expand(step) for step in name.strip("/").split("/"))

    def _field(self, spec: dict[str, Any]) -> FieldRule:
        return FieldRule(
            paths=_paths(spec["path"]),
            properties=self._properties(spec["property"]),
            kind=spec["kind"],
            direction=spec.get("direction"),
            unless=_paths(spec.get("unless")),
            language=spec.get("language"),
            datatype=self._expand(spec["datatype"]) if "datatype" in spec else None,
            tables=tuple(self._tables[name] for name in _listed(spec.get("table", []))),
            prefix=spec.get("prefix", ""),
            pattern=re.compile(spec["pattern"]) if "pattern" in spec else None,
            not_in=self._tables[spec["not-in"]] if "not-in" in spec else None,
            packed=spec.get("packed"),
            write=spec.get("write"),
            otherwise=tuple(spec.get("otherwise", ())),
            or_resource=spec.get("or-resource", False),
            label=self._expand(spec.get("label", "")),
            classes=self._names(spec.get("class")),
            node=self._node(spec) if spec["kind"] == "node" else None,
            absolute=spec["property"].startswith("/"),
        )

    def _node(self, spec: dict[str, Any]) -> NodeRule:
        return NodeRule(
            classes=self._names(spec["class"]),
            fields=tuple(self._field(rule) for rule in spec["fields"]),
            iri=_paths(spec.get("iri")),
            mint=spec.get("mint", ""),
            constants=tuple((Path.parse(path), value) for path, value in spec.get("constants", {}).items()),
            ignore=_paths(spec.get("ignore")),
            states=tuple((self._expand(prop), self._expand(iri)) for prop, iri in spec.get("states", {}).items()),
        )

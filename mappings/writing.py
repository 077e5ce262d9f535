"""From the description of a record to a document in a foreign format, by the rules of that format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from mappings import values
from mappings.jsonld import Renamer
from mappings.paths import SELF, Path
from mappings.reading import Loss, slug
from mappings.rules import FieldRule, FormatRules, NodeRule
from mappings.values import Surroundings, Term, ValueProblem
from ontology.description import Description, Node, choose
from ontology.namespaces import DCAT, PREFIXES, RDF

_TEMPLATE = re.compile(r"\{([^}]+)\}")
_TYPE = RDF + "type"


class RecordWriter:
    """Writes one record; afterwards ``losses()`` tells what the format could not hold.

    ``language`` chooses the text where the format holds only one.
    """

    def __init__(self, rules: FormatRules, description: Description, resource: str, language: str) -> None:
        self._rules = rules
        self._description = description
        self._resource = resource
        self._language = language
        titles = description.texts(NamedNode(resource), "dct:title")
        # What a reader of the document takes a bare text to be in.
        self._assumed = choose(titles, language)[0] if rules.jsonld else rules.language or ""
        prefixes = Renamer(rules.jsonld).prefixes if rules.jsonld else rules.prefixes
        self._around = Surroundings(None, prefixes)
        self._read: dict[Node, set[str]] = {}
        self._chains: dict[Node, str] = {}
        self._losses: dict[tuple[str, str], tuple[str, int]] = {}
        self._refused: dict[tuple[Node, str, Term], str] = {}
        self._taken: set[tuple[Node, str, Term]] = set()
        self._minted: dict[Node, str] = {}

    def write(self) -> dict[str, Any]:
        """Apply all rules and return the document."""
        document: dict[str, Any] = {}
        if self._rules.jsonld:
            languageless = {name: value for name, value in self._rules.jsonld.context.items() if name != "@language"}
            document["@context"] = {"@language": self._assumed} | languageless if self._assumed else languageless
        self._write_node(document, NamedNode(self._resource), self._rules.resource, ())
        return document

    def losses(self) -> tuple[Loss, ...]:
        """Return the properties that no rule wrote and the values that did not fit; paths are chains of properties."""
        for node, chain in self._chains.items():
            for prop, found in self._description.properties(node).items():
                if prop not in self._read[node] and prop != _TYPE:
                    for term in found:
                        self._lose(chain, prop, "no-rule", term)
        for (node, prop, term), reason in self._refused.items():
            if (node, prop, term) not in self._taken:
                self._lose(self._chains[node], prop, reason, term)
        return tuple(
            Loss(path, reason, value=value, count=count) for (path, reason), (value, count) in self._losses.items()
        )

    def _write_node(self, target: dict[str, Any], node: Node, rule: NodeRule, above: tuple[Node, ...]) -> None:
        self._read.setdefault(node, set()).update(prop for prop, _ in rule.states)
        self._chains.setdefault(node, "")
        self._write_name(target, node, rule)
        for field in rule.fields:
            if field.direction != "import":
                self._apply(target, node, field, (*above, node))
        for path, value in rule.constants:
            if len(path.steps) == 1 or path.steps[0].name in target:
                path.write(target, self._slug() if value == "{slug}" else value)
        _keywords_first(target)

    def _write_name(self, target: dict[str, Any], node: Node, rule: NodeRule) -> None:
        if not rule.iri:
            return
        if isinstance(node, NamedNode):
            rule.iri[0].write(target, self._local(node.value))
        elif rule.mint:
            name = _TEMPLATE.sub(lambda match: self._part(node, match[1]), rule.mint)
            self._minted.setdefault(node, name)
            rule.iri[0].write(target, self._minted[node])

    def _slug(self) -> str:
        return slug(re.split(r"[/#:]", self._resource.rstrip("/#"))[-1])

    def _local(self, iri: str) -> str:
        # JSON-LD names what belongs to the document relative to it, and reading makes the same IRI of that.
        inside = self._rules.jsonld is not None and iri.startswith(self._resource + "#")
        return iri[len(self._resource) + 1 :] if inside else iri

    def _part(self, node: Node, name: str) -> str:
        return (None if name == "n" else self._description.find(node, name)) or str(len(self._minted) + 1)

    def _apply(self, target: dict[str, Any], node: Node, field: FieldRule, above: tuple[Node, ...]) -> None:
        if field.direction == "export" and any(path.read(target) for path in field.unless):
            return
        terms = self._terms(node, field)
        if not terms:
            if field.or_resource and not field.paths[0].read(target):
                field.paths[0].write(target, self._resource)
            return
        if field.kind in ("text", "translations"):
            self._write_texts(target, node, field, terms)
        elif field.packed:
            self._write_packed(target, node, field, terms)
        else:
            for term in terms:
                self._write_term(target, node, field, term, above)

    def _terms(self, node: Node, field: FieldRule) -> list[Term]:
        nodes: list[Node] = [NamedNode(self._resource) if field.absolute else node]
        for prop in field.properties[:-1]:
            nodes = [below for each in nodes for below in self._description.nodes(each, prop)]
        last = field.properties[-1]
        if len(field.properties) == 1 and not field.absolute:
            self._read[node].add(last)
        found = [term for each in nodes for term in self._description.values(each, last)]
        return list(dict.fromkeys(found))

    def _write_texts(self, target: dict[str, Any], node: Node, field: FieldRule, terms: list[Term]) -> None:
        texts = [term for term in terms if isinstance(term, Literal)]
        prop, path = field.properties[-1], field.paths[0]
        for term in terms:
            self._refuse(node, prop, term, "only-one-value" if isinstance(term, Literal) else "not-a-text")
        by_language: dict[str, list[str]] = {}
        for text in texts:
            by_language.setdefault(text.language or "", []).append(text.value)
        plain = set(by_language) <= {self._assumed} or set(by_language) <= {""}
        as_map = field.kind == "translations" or (field.write == "map" and not plain)
        if as_map:
            texts = [text for text in texts if text.language or field.kind == "text"]
            tags = dict.fromkeys(text.language or "" for text in texts)
            tagged = {tag or "und": _one_or_all(by_language[tag]) for tag in tags}
            written = texts if tagged and path.write(target, tagged) else []
        elif path.many:
            written = [text for text in texts if path.write(target, text.value)]
        else:
            tag, chosen = choose({tag: found[0] for tag, found in by_language.items()}, self._language)
            written = [Literal(chosen, language=tag or None)] if texts and path.write(target, chosen) else []
        for text in written:
            kept = as_map or not text.language or text.language == self._assumed
            if not kept and (node, prop, text) not in self._taken:
                self._lose(self._chains[node], prop, "language-not-kept", text)
            self._taken.add((node, prop, text))

    def _write_packed(self, target: dict[str, Any], node: Node, field: FieldRule, terms: Iterable[Term]) -> None:
        parts = []
        for term in terms:
            try:
                parts.append(str(values.write(term, field, self._around)))
                self._taken.add((node, field.properties[-1], term))
            except ValueProblem as problem:
                self._refuse(node, field.properties[-1], term, problem.reason)
        if parts:
            field.paths[0].write(target, _pack(parts, field.packed or ""))

    def _write_term(
        self, target: dict[str, Any], node: Node, field: FieldRule, term: Term, above: tuple[Node, ...]
    ) -> None:
        prop = field.properties[-1]
        try:
            if field.node is not None:
                self._write_nested(target, node, field, term, above)
            else:
                self._write_value(target, field, term)
        except ValueProblem as problem:
            if len(field.properties) == 1 and not field.absolute:
                self._refuse(node, prop, term, problem.reason)
        else:
            self._taken.add((node, prop, term))

    def _write_value(self, target: dict[str, Any], field: FieldRule, term: Term) -> None:
        value = self._value(field, term)
        if field.paths[0].write(target, value):
            return
        # Where several properties share one place, what stands there may say this one as well.
        there = field.paths[0].read(target)
        if field.kind != "code" or not there or values.read(there[0][1], field, self._around) != [term]:
            raise ValueProblem("only-one-value")

    def _refuse(self, node: Node, prop: str, term: Term, reason: str) -> None:
        if prop != _TYPE:
            self._refused.setdefault((node, prop, term), reason)

    def _value(self, field: FieldRule, term: Term) -> Any:
        if field.kind == "interval":
            return self._interval(term)
        if field.kind == "iri" and isinstance(term, BlankNode) and term in self._minted:
            return self._minted[term]
        if field.kind == "iri" and field.absolute and isinstance(term, NamedNode):
            return self._local(term.value)
        try:
            return values.write(term, field, self._around)
        except ValueProblem:
            if "node" in field.otherwise and not isinstance(term, Literal):
                label = choose(self._description.texts(term, field.label), self._language)[1]
                if label:
                    self._read.setdefault(term, set()).add(field.label)
                    return label
            raise

    def _interval(self, term: Term) -> str:
        if isinstance(term, Literal):
            raise ValueProblem("not-an-interval")
        start, end = (self._description.find(term, DCAT + side) for side in ("startDate", "endDate"))
        if not start and not end:
            raise ValueProblem("not-an-interval")
        return f"{start or '..'}/{end or '..'}"

    def _write_nested(
        self, target: dict[str, Any], node: Node, field: FieldRule, term: Term, above: tuple[Node, ...]
    ) -> None:
        if isinstance(term, Literal) or term in above or field.node is None:
            raise ValueProblem("not-an-object")
        if any(name not in self._description.iris(term, prop) for prop, name in field.node.states):
            raise ValueProblem("no-rule")
        self._chains.setdefault(term, _chain(self._chains[node], field.properties[-1]))
        path = field.paths[0]
        nested: dict[str, Any] = target if not path.steps else {}
        self._write_node(nested, term, field.node, above)
        if path.steps:
            self._place(path, target, nested, field)

    def _place(self, path: Path, target: dict[str, Any], nested: dict[str, Any], field: FieldRule) -> None:
        value = nested.get(SELF, nested)
        if not value:
            raise ValueProblem("nothing-to-say")
        if not path.write(target, value):
            raise ValueProblem("only-one-value")

    def _lose(self, chain: str, prop: str, reason: str, term: Term) -> None:
        key = (_chain(chain, prop), reason)
        value, count = self._losses.get(key, (_text(term), 0))
        self._losses[key] = (value, count + 1)


def _keywords_first(target: dict[str, Any]) -> None:
    rest = {name: target.pop(name) for name in list(target) if not name.startswith("@")}
    target.update(rest)


def _one_or_all(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _pack(parts: list[str], packed: str) -> str:
    if packed == "json":
        return json.dumps(parts, ensure_ascii=False)
    return (", " if packed == "comma" else " ").join(parts)


def _chain(chain: str, prop: str) -> str:
    names = (f"{prefix}:{prop[len(space) :]}" for prefix, space in PREFIXES.items() if prop.startswith(space))
    name = next(names, prop)
    return f"{chain}/{name}" if chain else name


def _text(term: Term) -> str:
    return "" if isinstance(term, BlankNode) else term.value[:100]

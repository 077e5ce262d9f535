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
from mappings.reading import Loss
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
        prefixes = Renamer(rules.jsonld).prefixes if rules.jsonld else rules.prefixes
        self._around = Surroundings(None, prefixes)
        self._read: dict[Node, set[str]] = {}
        self._chains: dict[Node, str] = {}
        self._losses: dict[tuple[str, str], tuple[str, int]] = {}
        self._refused: set[tuple[Node, str, Term]] = set()
        self._taken: set[tuple[Node, str, Term]] = set()
        self._minted: dict[Node, str] = {}

    def write(self) -> dict[str, Any]:
        """Apply all rules and return the document."""
        document: dict[str, Any] = {}
        if self._rules.jsonld:
            document["@context"] = dict(self._rules.jsonld.context)
        self._write_node(document, NamedNode(self._resource), self._rules.resource, ())
        return document

    def losses(self) -> tuple[Loss, ...]:
        """Return the properties that no rule wrote and the values that did not fit; paths are chains of properties."""
        for node, chain in self._chains.items():
            for prop, found in self._description.properties(node).items():
                if prop not in self._read[node] and prop != _TYPE:
                    for term in found:
                        self._lose(chain, prop, "no-rule", term)
        for node, prop, term in self._refused - self._taken:
            self._lose(self._chains[node], prop, "no-rule", term)
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
                path.write(target, value)

    def _write_name(self, target: dict[str, Any], node: Node, rule: NodeRule) -> None:
        if not rule.iri:
            return
        if isinstance(node, NamedNode):
            rule.iri[0].write(target, node.value)
        elif rule.mint:
            name = _TEMPLATE.sub(lambda match: self._part(node, match[1]), rule.mint)
            self._minted.setdefault(node, name)
            rule.iri[0].write(target, self._minted[node])

    def _part(self, node: Node, name: str) -> str:
        return (None if name == "n" else self._description.find(node, name)) or str(len(self._minted) + 1)

    def _apply(self, target: dict[str, Any], node: Node, field: FieldRule, above: tuple[Node, ...]) -> None:
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
        for term in terms:
            if not isinstance(term, Literal):
                self._lose(self._chains[node], field.properties[-1], "not-a-text", term)
        if not texts:
            return
        by_language: dict[str, list[str]] = {}
        for text in texts:
            by_language.setdefault(text.language or "", []).append(text.value)
        if field.kind == "translations" or (field.write == "map" and len(by_language) > 1):
            tagged = {tag: found for tag, found in by_language.items() if tag or field.kind == "text"}
            if tagged:
                field.paths[0].write(target, {tag or "und": _one_or_all(found) for tag, found in tagged.items()})
        elif field.paths[0].many:
            for text in texts:
                field.paths[0].write(target, text.value)
        else:
            self._write_one_text(target, node, field, texts)

    def _write_one_text(self, target: dict[str, Any], node: Node, field: FieldRule, texts: list[Literal]) -> None:
        tag, chosen = choose({text.language or "": text.value for text in reversed(texts)}, self._language)
        if field.paths[0].write(target, chosen):
            for text in texts:
                if (text.language or "") != tag or text.value != chosen:
                    self._lose(self._chains[node], field.properties[-1], "only-one-value", text)

    def _write_packed(self, target: dict[str, Any], node: Node, field: FieldRule, terms: Iterable[Term]) -> None:
        parts = []
        for term in terms:
            try:
                parts.append(values.write(term, field, self._around))
            except ValueProblem as problem:
                self._lose(self._chains[node], field.properties[-1], problem.reason, term)
        if parts:
            field.paths[0].write(target, _pack([str(part) for part in parts], field.packed or ""))

    def _write_term(
        self, target: dict[str, Any], node: Node, field: FieldRule, term: Term, above: tuple[Node, ...]
    ) -> None:
        chain, prop = self._chains[node], field.properties[-1]
        try:
            if field.node is not None:
                self._write_nested(target, node, field, term, above)
                return
            value = self._value(field, term)
        except ValueProblem as problem:
            if prop != _TYPE:
                self._lose(chain, prop, problem.reason, term)
            return
        if not field.paths[0].write(target, value) and field.paths[0].read(target) != [((), value)]:
            self._lose_unless_shared(chain, prop, term, field, node)

    def _lose_unless_shared(self, chain: str, prop: str, term: Term, field: FieldRule, node: Node) -> None:
        # Where several properties share one place, the first rule fills it and the others say the same again.
        chained = len(field.properties) > 1 or field.absolute
        if not chained and self._description.values(node, prop)[0] != term:
            self._lose(chain, prop, "only-one-value", term)

    def _value(self, field: FieldRule, term: Term) -> Any:
        if field.kind == "interval":
            return self._interval(term)
        if field.kind == "iri" and isinstance(term, BlankNode) and term in self._minted:
            return self._minted[term]
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
        key = (node, field.properties[-1], term)
        if any(name not in self._description.iris(term, prop) for prop, name in field.node.states):
            self._refused.add(key)
            return
        self._taken.add(key)
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

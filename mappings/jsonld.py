"""Gives the members of a JSON-LD document the names that rules use, whatever its own context calls them.

Terms are mapped by what they expand to (JSON-LD 1.1 §3.1–3.2, inline contexts): through the document's context laid
over the format's own, then back by the format's. Nothing is ever fetched: a context given by address counts only if
the rule file says that its own stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.reading import MAX_DEPTH, RecordProblem
from mappings.rules import JsonLd

_KEYWORDS = frozenset({"@id", "@type", "@value", "@language", "@list", "@set", "@graph", "@reverse", "@context"})


@dataclass(frozen=True)
class Context:
    """An active context: IRI or keyword of each term, terms whose texts are IRIs, prefixes, default language."""

    terms: Mapping[str, str]
    references: frozenset[str]
    vocab: str
    language: str | None
    verbatim: frozenset[str] = frozenset()
    cache: dict[str, str] = field(default_factory=dict)

    def expand(self, name: str, same: Mapping[str, str]) -> str:
        """Return the IRI (or keyword) that a term, compact IRI or IRI stands for, old namespaces made current."""
        if name not in self.cache:
            self.cache[name] = _current(self._meaning(name), same)
        return self.cache[name]

    def _meaning(self, name: str) -> str:
        if name in _KEYWORDS or name.startswith("@"):
            return name
        if name in self.terms:
            return self.terms[name]
        prefix, colon, local = name.partition(":")
        if colon:
            return name if local.startswith("//") or prefix not in self.terms else self.terms[prefix] + local
        return self.vocab + name if self.vocab else name


class Renamer:
    """Renames documents of one format; ``remote`` collects addresses of contexts that were left unread."""

    def __init__(self, jsonld: JsonLd) -> None:
        self._jsonld = jsonld
        self._same = jsonld.same
        # The language belongs to the document: texts of one that names none stay untagged.
        own = {name: value for name, value in jsonld.context.items() if name != "@language"}
        self._base = _extend(Context({}, frozenset(), "", None), own)
        terms = {name: self._base.expand(name, self._same) for name in self._base.terms}
        self.prefixes = {name: iri for name, iri in terms.items() if iri.endswith(("/", "#"))}
        """Namespaces by prefix, as compact IRIs in renamed documents use them."""
        self._names = {iri: name for name, iri in terms.items() if name not in self.prefixes}
        self.remote: list[str] = []

    def context(self, declared: Any) -> Context:
        """Return the context that a document's ``@context`` makes of the format's own."""
        return self._declare(self._base, declared)

    def rename(self, node: Any, context: Context, depth: int = 0) -> Any:
        """Return the document with the format's names. Raises :class:`RecordProblem` when nested too deeply."""
        if depth > MAX_DEPTH:
            raise RecordProblem("too-deep", str(MAX_DEPTH))
        if isinstance(node, list):
            return [self.rename(element, context, depth + 1) for element in node]
        if not isinstance(node, dict):
            return node
        if "@context" in node and depth:
            context = self._declare(context, node["@context"])
        wrapped = node.get("@set", node.get("@list"))
        if wrapped is not None:
            return self.rename(wrapped, context, depth + 1)
        renamed: dict[str, Any] = {}
        for name, value in node.items():
            if name != "@context":
                meaning = context.expand(name, self._same)
                renamed[self._member(meaning)] = self._value(name, meaning, value, context, depth)
        return renamed

    def _value(self, name: str, meaning: str, value: Any, context: Context, depth: int) -> Any:
        if meaning == "@id":
            return self._identifier(value, context)
        coerced = name in context.references or self._names.get(meaning) in self._base.references
        if meaning == "@type" or coerced:
            return self._references(value, context, depth)
        if name in context.verbatim:
            return _bounded(value, depth)
        return self.rename(value, context, depth + 1)

    def _references(self, value: Any, context: Context, depth: int) -> Any:
        if isinstance(value, list):
            return [self._references(element, context, depth) for element in value if not isinstance(element, list)]
        if isinstance(value, str):
            return self._curie(context.expand(value, self._same))
        return self.rename(value, context, depth + 1)

    def _identifier(self, value: Any, context: Context) -> Any:
        prefix, colon, local = value.partition(":") if isinstance(value, str) else ("", "", "")
        known = colon and not local.startswith("//") and prefix in context.terms
        return _current(context.terms[prefix] + local, self._same) if known else value

    def _member(self, iri: str) -> str:
        if iri in self._names:
            return self._names[iri]
        vocab = self._base.vocab
        return iri[len(vocab) :] if vocab and iri.startswith(vocab) else self._curie(iri)

    def _curie(self, iri: str) -> str:
        fitting = [(name, space) for name, space in self.prefixes.items() if iri.startswith(space) and iri != space]
        if not fitting:
            return iri
        name, space = max(fitting, key=lambda pair: len(pair[1]))
        return f"{name}:{iri[len(space) :]}"

    def _declare(self, context: Context, declared: Any) -> Context:
        for each in declared if isinstance(declared, list) else [declared]:
            if isinstance(each, dict):
                context = _extend(context, each)
            elif isinstance(each, str) and each.rstrip("/") not in self._jsonld.known and each not in self.remote:
                self.remote.append(each)
        return context


def _current(iri: str, same: Mapping[str, str]) -> str:
    for old, new in same.items():
        if iri.startswith(old):
            return new + iri[len(old) :]
    return iri


def _extend(context: Context, declared: Mapping[str, Any]) -> Context:
    terms, references, verbatim = dict(context.terms), set(context.references), set(context.verbatim)
    vocab, language = declared.get("@vocab", context.vocab), declared.get("@language", context.language)
    plain: dict[str, str] = {}
    for name, definition in declared.items():
        if isinstance(definition, dict):
            references.discard(name)
            if definition.get("@type") in ("@id", "@vocab"):
                references.add(name)
            if definition.get("@type") == "@json":
                verbatim.add(name)
            definition = definition.get("@id")
        if isinstance(definition, str) and not (name.startswith("@")):
            plain[name] = definition
    # A definition may use a prefix that stands after it.
    terms.update(plain)
    for name, text in plain.items():
        prefix, colon, local = text.partition(":")
        if colon and not local.startswith("//") and prefix in terms and prefix != name:
            terms[name] = terms[prefix] + local
    return Context(
        terms,
        frozenset(references),
        terms.get(vocab.rstrip(":"), vocab) if isinstance(vocab, str) else "",
        language if isinstance(language, str) else None,
        frozenset(verbatim),
    )


def _bounded(value: Any, depth: int) -> Any:
    """Return JSON that is data rather than statements, if it is not nested too deeply."""
    level = [value]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise RecordProblem("too-deep", str(MAX_DEPTH))
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list)))
        level = [below for each in inner for below in each]
    return value

"""A read-only view of the statements about one thing, for whoever turns a record into text, a page or other formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ontology.namespaces import PREFIXES, RDF

Term = NamedNode | BlankNode | Literal
Node = NamedNode | BlankNode


class Description:
    """Statements by subject and predicate; predicates may be written as prefixed names (``dct:title``)."""

    def __init__(self, statements: Iterable[Triple | Quad]) -> None:
        self._by_subject: dict[Node, dict[str, list[Term]]] = {}
        for statement in statements:
            predicates = self._by_subject.setdefault(statement.subject, {})  # type: ignore[arg-type]
            predicates.setdefault(statement.predicate.value, []).append(statement.object)  # type: ignore[arg-type]

    @classmethod
    def parse(cls, ntriples: str | bytes) -> Description:
        """Read N-Triples that the catalogue itself wrote. Raises ``SyntaxError`` if they are not."""
        return cls(parse(ntriples, format=RdfFormat.N_TRIPLES))

    def __contains__(self, node: Node) -> bool:
        return node in self._by_subject

    def subjects(self) -> Iterator[Node]:
        """Iterate over all subjects, in the order in which they first appear."""
        return iter(self._by_subject)

    def properties(self, node: Node) -> dict[str, list[Term]]:
        """Return the values of every property of ``node`` by property IRI; empty if nothing is said of it."""
        return self._by_subject.get(node, {})

    def values(self, node: Node, prop: str) -> list[Term]:
        """Return the values of one property of ``node``, in the order of the statements."""
        return self._by_subject.get(node, {}).get(expand(prop), [])

    def nodes(self, node: Node, prop: str) -> list[Node]:
        """Return those values that are IRIs or blank nodes."""
        return [value for value in self.values(node, prop) if not isinstance(value, Literal)]

    def iris(self, node: Node, *props: str) -> list[str]:
        """Return those values of the properties that are IRIs."""
        return [value.value for prop in props for value in self.values(node, prop) if isinstance(value, NamedNode)]

    def find(self, node: Node, *props: str) -> str | None:
        """Return the lexical form of the first value of the first property that has one."""
        for prop in props:
            for value in self.values(node, prop):
                return value.value
        return None

    def texts(self, node: Node, *props: str) -> dict[str, str]:
        """Return the literals of the first property that has any, by language tag in lower case (``""`` for none)."""
        for prop in props:
            found = {v.language or "": v.value for v in reversed(self.values(node, prop)) if isinstance(v, Literal)}
            if found:
                return found
        return {}

    def all_texts(self, node: Node, *props: str) -> list[tuple[str, str]]:
        """Return (language tag, text) of every literal of the properties, several of one language included."""
        return [
            (value.language or "", value.value)
            for prop in props
            for value in self.values(node, prop)
            if isinstance(value, Literal)
        ]

    def types(self, node: Node) -> list[str]:
        """Return the classes of ``node``."""
        return self.iris(node, RDF + "type")


@lru_cache(maxsize=4096)
def expand(name: str) -> str:
    """Return the IRI of a prefixed name whose prefix is ours; anything else is taken for an IRI already."""
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


def choose(texts: dict[str, str], language: str) -> tuple[str, str]:
    """Return the (language tag, text) that suits a reader of ``language`` best; ``("", "")`` if there is no text.

    First the language itself or a regional form of it, then English, Chinese, untagged, anything.
    """
    for wanted in (language, "en", "zh", ""):
        for tag, text in texts.items():
            if tag == wanted or (wanted and tag.split("-")[0] == wanted):
                return tag, text
    return next(iter(texts.items()), ("", ""))

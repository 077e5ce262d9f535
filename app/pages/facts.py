"""Statements as people read them: what each property is called, and how its values are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pyoxigraph import BlankNode, Literal, NamedNode

from app.i18n import N_, Words
from app.pages.names import Name, Names, last_part, shorten
from ontology import terms
from ontology.description import Description, Node, Term, expand
from ontology.namespaces import XSD

RELATIONS: dict[str, tuple[str, str]] = {
    "dct:publisher": (N_("provided by"), N_("provides")),
    "dct:creator": (N_("created by"), N_("creator of")),
    "dct:isPartOf": (N_("offered in"), N_("offers")),
    "dcat:inSeries": (N_("part of the series"), N_("consists of")),
    "dcat:accessService": (N_("delivered by"), N_("delivers")),
    "dcat:servesDataset": (N_("serves"), N_("served by")),
    "sc:scenario": (N_("used in"), N_("uses")),
    "sc:satisfiedBy": (N_("needs"), N_("needed by")),
    "dct:conformsTo": (N_("follows"), N_("followed by")),
    "prov:wasDerivedFrom": (N_("derived from"), N_("source of")),
    "dct:source": (N_("based on"), N_("basis of")),
    "dct:relation": (N_("related to"), N_("related to")),
    "dct:isVersionOf": (N_("version of"), N_("has version")),
    "dct:replaces": (N_("replaces"), N_("replaced by")),
    "dct:hasPart": (N_("contains"), N_("contained in")),
    "dcat:dataset": (N_("lists"), N_("listed in")),
    "dcat:service": (N_("lists"), N_("listed in")),
    "dcat:catalog": (N_("lists"), N_("listed in")),
    "odrl:assigner": (N_("terms set by"), N_("sets terms for")),
    "odrl:assignee": (N_("terms for"), N_("terms from")),
    "odrl:hasPolicy": (N_("under the policy"), N_("policy of")),
    "odrl:inheritFrom": (N_("terms build on"), N_("basis of the terms of")),
    "odrl:target": (N_("terms apply to"), N_("under terms of")),
    "odrl:rightOperand": (N_("terms mention"), N_("in the terms of")),
    "dcat:theme": (N_("theme"), N_("theme of")),
    "dct:subject": (N_("subject"), N_("subject of")),
    "sc:industry": (N_("industry"), N_("industry of")),
    "sc:meaning": (N_("field with the meaning"), N_("meaning of a field of")),
    "dct:accrualPeriodicity": (N_("update frequency"), N_("update frequency of")),
    "dct:license": (N_("licence"), N_("licence of")),
    "dct:accessRights": (N_("access"), N_("access right of")),
    "dct:language": (N_("language"), N_("language of")),
    "dct:spatial": (N_("place"), N_("place of")),
    "dct:format": (N_("format"), N_("format of")),
    "qudt:hasUnit": (N_("unit"), N_("unit of")),
    "skos:inScheme": (N_("in the scheme"), N_("has term")),
    "skos:broader": (N_("narrower than"), N_("broader than")),
}
"""What a property is called seen from its subject, and from its object."""

FACTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Space"), ("dct:isPartOf",)),
    (N_("Kind of space"), ("sc:spaceKind",)),
    (N_("Role"), ("sc:participantRole",)),
    (N_("Kind of component"), ("sc:componentType",)),
    (N_("Kind of service"), ("sc:serviceType",)),
    (N_("Theme"), ("dcat:theme",)),
    (N_("Subject"), ("dct:subject",)),
    (N_("Industry"), ("sc:industry",)),
    (N_("Scenario"), ("sc:scenario",)),
    (N_("Series"), ("dcat:inSeries",)),
    (N_("Updated"), ("dct:accrualPeriodicity",)),
    (N_("Published"), ("dct:issued",)),
    (N_("Changed by the provider"), ("dct:modified",)),
    (N_("Version"), ("dcat:version", "owl:versionInfo")),
    (N_("Period"), ("dct:temporal",)),
    (N_("Place"), ("dct:spatial",)),
    (N_("Language"), ("dct:language",)),
    (N_("Access"), ("dct:accessRights", "dct:rights")),
    (N_("Licence"), ("dct:license",)),
    (N_("Follows"), ("dct:conformsTo",)),
    (N_("Source of the data"), ("sc:dataSource",)),
    (N_("Form"), ("sc:deliveryForm",)),
    (N_("Delivery"), ("sc:deliveryMode",)),
    (N_("Quality grade"), ("sc:qualityGrade",)),
    (N_("Security level"), ("sc:securityLevel",)),
    (N_("Data class"), ("sc:dataClass",)),
    (N_("Rows"), ("sc:rowCount",)),
    (N_("Origin"), ("dct:provenance",)),
    (N_("Derived from"), ("prov:wasDerivedFrom", "dct:source")),
    (N_("Credit code"), ("sc:unifiedSocialCreditCode",)),
    (N_("Area code"), ("sc:areaCode",)),
    (N_("Web site"), ("foaf:homepage", "dcat:landingPage", "foaf:page")),
)
"""Facts in the order in which they stand beside a record, each with the properties that state it."""

SHOWN_ELSEWHERE = frozenset(
    expand(name)
    for name in (
        "rdf:type",
        "dct:title",
        "foaf:name",
        "dct:description",
        "dct:publisher",
        "dct:creator",
        "dct:identifier",
        "adms:identifier",
        "dcat:contactPoint",
        "dcat:keyword",
        "dcat:distribution",
        "dcat:endpointURL",
        "dcat:endpointDescription",
        "sc:dataItem",
        "sc:need",
        "sc:expectedEffect",
        "sc:urgency",
        "sc:value",
        "sc:difficulty",
        "sc:existingBase",
        "odrl:hasPolicy",
        "odrl:permission",
        "odrl:prohibition",
        "odrl:obligation",
    )
) | {expand(prop) for _, props in FACTS for prop in props}
_ADDRESSES = frozenset(
    expand(name)
    for name in (
        "rdf:type",
        "dcat:accessURL",
        "dcat:downloadURL",
        "dcat:endpointURL",
        "dcat:endpointDescription",
        "dcat:landingPage",
        "dcat:mediaType",
        "foaf:homepage",
        "foaf:page",
        "vcard:hasEmail",
        "vcard:hasTelephone",
        "vcard:hasURL",
    )
)
"""Properties whose values are to be opened or written to, so that nobody need know what they are called."""

_LONGEST = 600
_MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Value:
    """One value as a page shows it: a name with a link, a text with its language, or a date."""

    text: str
    language: str = ""
    href: str = ""
    external: bool = False
    iri: str = ""
    day: date | datetime | None = None


def relation_words(prop: str, outgoing: bool, words: Words) -> str:
    """Return what a property is called, seen from its subject (``outgoing``) or from its object."""
    known = RELATIONS.get(shorten(prop))
    if known:
        return words.gettext(known[0] if outgoing else known[1])
    label = property_name(prop, words)
    return label if outgoing else words.gettext("is “%(relation)s” of", relation=label)


def property_name(prop: str, words: Words) -> str:
    """Return what a property is called: by its label, else by its last part."""
    known = RELATIONS.get(shorten(prop))
    return terms.label(prop, words.language) or (words.gettext(known[0]) if known else last_part(prop))


class Facts:
    """Writes the values of one description for one reader."""

    def __init__(self, description: Description, names: Names, words: Words) -> None:
        self._about = description
        self._names = names
        self._words = words

    def facts(self, node: Node) -> list[tuple[str, list[Value]]]:
        """Return the facts that ``node`` states, by their translated names."""
        rows = []
        for label, props in FACTS:
            values = self.values(node, *props)
            if values:
                rows.append((self._words.gettext(label), self._few(values)))
        return rows

    def _few(self, values: list[Value]) -> list[Value]:
        left = len(values) - _MOST_VALUES
        if left <= 0:
            return values
        return [*values[:_MOST_VALUES], Value(self._words.ngettext("%(number)s more", "%(number)s more", left))]

    def others(self, node: Node, limit: int = 200) -> list[tuple[str, str, list[Value]]]:
        """Return (name, IRI, values) of the properties that no other part of a page shows."""
        rows: list[tuple[str, str, list[Value]]] = []
        for prop, objects in self._about.properties(node).items():
            if prop not in SHOWN_ELSEWHERE and len(rows) < limit:
                values = self._few([self.value(one) for one in objects])
                rows.append((property_name(prop, self._words), prop, values))
        return sorted(rows, key=lambda row: row[:2])

    def values(self, node: Node, *props: str) -> list[Value]:
        """Return the values of the properties; of texts in several languages only the one that suits the reader."""
        objects = [value for prop in props for value in self._about.values(node, prop)]
        tagged = {value.language: value for value in objects if isinstance(value, Literal) and value.language}
        if tagged and len(tagged) == len(objects):
            tag, text = self._words.choose({key or "": one.value for key, one in tagged.items()})
            return [Value(_cut(text), tag)]
        return [self.value(value) for value in objects]

    def value(self, value: Term) -> Value:
        """Write one value."""
        if isinstance(value, Literal):
            return self._literal(value)
        if value in self._about and (isinstance(value, BlankNode) or self._names.of(value.value).external):
            return self._nested(value)
        if isinstance(value, BlankNode):
            return Value(self._words.gettext("not described"))
        return self.named(self._names.of(value.value))

    def named(self, name: Name) -> Value:
        """Write a name as a value."""
        tag, text = self._words.choose(name.texts)
        return Value(text, tag, name.href, name.external, name.iri)

    def _literal(self, value: Literal) -> Value:
        datatype = value.datatype.value.removeprefix(XSD)
        day = as_day(value)
        if day:
            return Value(self._words.date(day), day=day)
        if datatype in ("integer", "nonNegativeInteger", "positiveInteger", "int", "long") and is_number(value.value):
            return Value(self._words.number(int(value.value)))
        if datatype == "boolean":
            return Value(self._words.gettext("yes") if value.value in ("true", "1") else self._words.gettext("no"))
        return Value(_cut(value.value), value.language or "")

    def _nested(self, node: Node) -> Value:
        """Write a nested thing: a period by its ends, others by what they are called, else by all they say."""
        start = self._ends(node, "dcat:startDate", "schema:startDate")
        end = self._ends(node, "dcat:endDate", "schema:endDate")
        if start or end:
            return Value(f"{start or '…'} – {end or '…'}")
        texts = self._about.texts(
            node, "rdfs:label", "skos:prefLabel", "dct:title", "foaf:name", "vcard:fn", "schema:name"
        )
        if texts:
            tag, text = self._words.choose(texts)
            href = self._names.of(node.value) if isinstance(node, NamedNode) else None
            return Value(text, tag, href.href if href else "", external=True, iri=href.iri if href else "")
        said = [last_part(one.value) for one in self._leaves(node)]
        return Value(", ".join(said[:6]) or self._words.gettext("not described"))

    def _leaves(self, node: Node) -> Iterator[Term]:
        for prop, objects in self._about.properties(node).items():
            if prop != expand("rdf:type"):
                yield from (one for one in objects if not isinstance(one, BlankNode))

    def _ends(self, node: Node, *props: str) -> str:
        for prop in props:
            for value in self._about.values(node, prop):
                return self.value(value).text
        return ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def as_day(value: Term) -> date | None:
    """Return the day that a date or moment names, or ``None``."""
    if not isinstance(value, Literal) or value.datatype.value not in (XSD + "date", XSD + "dateTime"):
        return None
    try:
        return date.fromisoformat(value.value[:10])
    except ValueError:
        return None


def is_number(text: str) -> bool:
    """Say whether a text is a whole number short enough to be worth reading as one."""
    return len(text) <= 18 and text.removeprefix("-").isdecimal()


def iris_of(description: Description, nodes: Iterable[Node], limit: int = 400) -> list[str]:
    """Return the IRIs that the description of ``nodes`` points to, each once, as many as are worth naming."""
    found: dict[str, None] = {}
    for node in nodes:
        for prop, objects in description.properties(node).items():
            if prop not in _ADDRESSES:
                found |= {one.value: None for one in objects if isinstance(one, NamedNode)}
        if len(found) >= limit:
            break
    return list(found)[:limit]

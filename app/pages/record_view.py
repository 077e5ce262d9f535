"""What a record's page shows, taken from its graph, the ledger and the index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from app.errors import messages_of
from app.i18n import N_, Words
from app.pages.facts import Facts, Value, iris_of, is_number, property_name, relation_words
from app.pages.frame import Reader
from app.pages.names import Names, web_href
from app.pages.neighbours import worth_showing
from app.pages.policy_words import PolicyWords, Terms
from catalog import records
from catalog.catalogue import Catalogue
from catalog.ledger import Event
from catalog.model import Finding, Kind, Record, Severity
from catalog.neighbours import Neighbour, find_neighbours
from catalog.ports import Hit
from catalog.visibility import visibilities_of
from ontology.description import Description, Node

RATINGS = (
    ("sc:urgency", N_("Urgency")),
    ("sc:value", N_("Value")),
    ("sc:difficulty", N_("Difficulty")),
    ("sc:existingBase", N_("Existing base")),
)
"""The four ratings of a scenario, from 1 to 5."""

MOST = {"ways": 25, "data_items": 100, "keywords": 40, "needs": 40, "findings": 40, "policies": 5, "aliases": 20}
"""How many of each part a page shows; it says how many are left, and the downloads have them all."""

_LONGEST_NOTE = 8_000
_SEVERITIES = (Severity.UNSAFE, Severity.VIOLATION, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to get the data. ``call`` can be copied and run; ``size_bytes`` is 0 where nobody says."""

    titles: dict[str, str]
    notes: dict[str, str]
    format: list[Value]
    access: list[Value]
    services: list[Value]
    licence: list[Value]
    size: str
    call: str


@dataclass(frozen=True, slots=True)
class DataItem:
    """One field of the data."""

    name: str
    titles: dict[str, str]
    notes: dict[str, str]
    meaning: list[Value]
    datatype: str
    unit: list[Value]
    example: str
    required: bool


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who stands behind a record."""

    value: Value
    notes: dict[str, str]
    code: str
    contacts: list[Value]


@dataclass(frozen=True, slots=True)
class Need:
    """Data that a scenario needs, with what satisfies it; empty where that is still missing."""

    titles: dict[str, str]
    notes: dict[str, str]
    satisfied_by: list[Value]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings that say the same, with where they were found."""

    severity: Severity
    text: str
    property: str
    path: str
    count: int
    places: tuple[str, ...]


@dataclass(slots=True)
class RecordView:
    """All that the template needs of one record."""

    record: Record
    titles: dict[str, str]
    notes: dict[str, str]
    facts: list[tuple[str, list[Value]]]
    others: list[tuple[str, str, list[Value]]]
    keywords: list[tuple[str, str]]
    ways: list[Way]
    endpoints: list[Way]
    data_items: list[DataItem]
    policies: list[Terms]
    parties: list[Party]
    findings: list[FindingGroup]
    history: list[Event]
    aliases: list[str]
    effects: dict[str, str] = field(default_factory=dict)
    ratings: list[tuple[str, int]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    related: list[tuple[str, str, list[Value], int]] = field(default_factory=list)
    similar: list[Hit] = field(default_factory=list)

    missing: int = 0
    more: dict[str, int] = field(default_factory=dict)

    def shorten(self) -> None:
        """Cut what is longer than a page should be, and note in ``more`` how many of each part are left out."""
        self.missing = sum(not need.satisfied_by for need in self.needs)
        for part, most in MOST.items():
            whole = getattr(self, part)
            self.more[part] = max(0, len(whole) - most)
            setattr(self, part, whole[:most])
        self.notes = {
            tag: text if len(text) <= _LONGEST_NOTE else text[:_LONGEST_NOTE] + " …" for tag, text in self.notes.items()
        }


def view_record(catalogue: Catalogue, reader: Reader, record: Record) -> RecordView:
    """Collect what the page of ``record`` shows. Raises ``NotFoundError`` where the reader may not see it."""
    about = Description.parse(records.get_content(catalogue, reader.audience, record))
    neighbours = find_neighbours(catalogue.graphs, reader.audience, record.iri)
    names = Names(catalogue.graphs, reader.audience, reader.words)
    names.learn([*iris_of(about, about.subjects()), *(one.iri for one in neighbours)])
    reading = _Reading(about, names, reader.words, NamedNode(record.iri))
    view = reading.view(catalogue, reader, record, neighbours)
    view.shorten()
    return view


class _Reading:
    """Reads the parts of a record from its description."""

    def __init__(self, about: Description, names: Names, words: Words, topic: NamedNode) -> None:
        self.about, self.names, self.words, self.topic = about, names, words, topic
        self.write = Facts(about, names, words)

    def view(self, catalogue: Catalogue, reader: Reader, record: Record, neighbours: list[Neighbour]) -> RecordView:
        about, topic = self.about, self.topic
        return RecordView(
            record=record,
            titles=about.texts(topic, "dct:title", "foaf:name") or {"": record.iri},
            notes=about.texts(topic, "dct:description"),
            facts=self.write.facts(topic),
            others=self.write.others(topic),
            keywords=self.keywords(),
            ways=[self.way(node) for node in about.nodes(topic, "dcat:distribution")],
            endpoints=self.endpoints(),
            data_items=self.data_items(),
            policies=self.policies(catalogue, reader, record),
            parties=self.parties(),
            findings=group_findings(record.findings, record.iri, self.words),
            history=_history(catalogue, reader, record),
            aliases=catalogue.ledger.aliases(record.graph),
            effects=about.texts(topic, "sc:expectedEffect"),
            ratings=self.ratings(),
            needs=[self.need(node) for node in about.nodes(topic, "sc:need")],
            related=self.related(neighbours),
            similar=catalogue.index.similar(reader.audience, record.graph),
        )

    def keywords(self) -> list[tuple[str, str]]:
        """Keywords of the reader's language; of every language where there are none."""
        every = self.about.all_texts(self.topic, "dcat:keyword")
        own = [pair for pair in every if pair[0].split("-")[0] in (self.words.language, "")]
        return own or every

    def way(self, node: Node) -> Way:
        size = self.about.find(node, "dcat:byteSize") or ""
        download = self.about.find(node, "dcat:downloadURL") or ""
        return Way(
            titles=self.about.texts(node, "dct:title"),
            notes=self.about.texts(node, "dct:description"),
            format=self.write.values(node, "dct:format") or self.write.values(node, "dcat:mediaType"),
            access=[Value(url, href=web_href(url), external=True) for url in self._addresses(node)],
            services=self.write.values(node, "dcat:accessService"),
            licence=self.write.values(node, "dct:license"),
            size=self.words.size(int(size)) if is_number(size) else "",
            call=f"curl -L -O {_shell_quoted(download)}" if web_href(download) else "",
        )

    def _addresses(self, node: Node) -> list[str]:
        found = [v.value for prop in ("dcat:downloadURL", "dcat:accessURL") for v in self.about.values(node, prop)]
        return list(dict.fromkeys(found))

    def endpoints(self) -> list[Way]:
        """A service's own addresses, each with its description and a call to try."""
        described = [
            Value(url.value, href=web_href(url.value), external=True)
            for url in self.about.values(self.topic, "dcat:endpointDescription")
        ]
        return [
            Way(
                titles={},
                notes={},
                format=[],
                access=[Value(url.value, href=web_href(url.value), external=True)],
                services=described,
                licence=[],
                size="",
                call=f"curl {_shell_quoted(url.value)}" if web_href(url.value) else "",
            )
            for url in self.about.values(self.topic, "dcat:endpointURL")
        ]

    def data_items(self) -> list[DataItem]:
        items = [(self._position(node), self.data_item(node)) for node in self.about.nodes(self.topic, "sc:dataItem")]
        return [item for _, item in sorted(items, key=lambda pair: (pair[0], pair[1].name))]

    def _position(self, node: Node) -> int:
        text = self.about.find(node, "sc:position") or ""
        return int(text) if is_number(text) else 10**9

    def data_item(self, node: Node) -> DataItem:
        datatype = self.about.find(node, "csvw:datatype") or ""
        return DataItem(
            name=self.about.find(node, "csvw:name") or "",
            titles=self.about.texts(node, "csvw:title", "csvw:titles", "dct:title"),
            notes=self.about.texts(node, "dct:description"),
            meaning=self.write.values(node, "sc:meaning", "csvw:propertyUrl"),
            datatype=datatype.rsplit("#", 1)[-1],
            unit=self.write.values(node, "qudt:hasUnit"),
            example=self.about.find(node, "skos:example") or "",
            required=self.about.find(node, "csvw:required") in ("true", "1"),
        )

    def policies(self, catalogue: Catalogue, reader: Reader, record: Record) -> list[Terms]:
        """The terms of each policy: as this record states them, or the policy's own record where it points to one."""
        if record.kind is Kind.POLICY:
            return [PolicyWords(self.about, self.words, self.names.text).terms(self.topic)]
        found = []
        for node in dict.fromkeys(self.about.nodes(self.topic, "odrl:hasPolicy")):
            about = self.about if node in self.about else _policy_record(catalogue, reader, node)
            if about is not None:
                self.names.learn(iris_of(about, about.subjects()))
                found.append(PolicyWords(about, self.words, self.names.text).terms(node))
        return found

    def parties(self) -> list[Party]:
        nodes = [*self.about.nodes(self.topic, "dct:publisher"), *self.about.nodes(self.topic, "dct:creator")]
        parties = [self.party(node) for node in dict.fromkeys(nodes)]
        contacts = self.contacts(self.topic)
        if contacts and not parties:
            parties = [Party(Value(""), {}, "", contacts)]
        elif contacts:
            parties[0].contacts.extend(contacts)
        return parties

    def party(self, node: Node) -> Party:
        return Party(
            value=self.write.value(node),
            notes=self.about.texts(node, "dct:description"),
            code=self.about.find(node, "sc:unifiedSocialCreditCode") or "",
            contacts=self.contacts(node),
        )

    def contacts(self, node: Node) -> list[Value]:
        """Names, mail addresses, telephone numbers and pages of the contact points of ``node``."""
        values = []
        for contact in self.about.nodes(node, "dcat:contactPoint"):
            values += self.write.values(contact, "vcard:fn")
            for prop in ("vcard:hasEmail", "vcard:hasTelephone", "vcard:hasURL"):
                for value in self.about.values(contact, prop):
                    shown = value.value.removeprefix("mailto:").removeprefix("tel:")
                    values.append(Value(shown, href=web_href(value.value), external=True))
        return values

    def ratings(self) -> list[tuple[str, int]]:
        found = [(label, self.about.find(self.topic, prop) or "") for prop, label in RATINGS]
        return [(self.words.gettext(label), min(5, max(0, int(text)))) for label, text in found if is_number(text)]

    def need(self, node: Node) -> Need:
        return Need(
            titles=self.about.texts(node, "dct:title"),
            notes=self.about.texts(node, "dct:description"),
            satisfied_by=self.write.values(node, "sc:satisfiedBy"),
        )

    def related(self, neighbours: list[Neighbour], shown: int = 12) -> list[tuple[str, str, list[Value], int]]:
        """Return (relation, property, records, how many more) of what points to this record."""
        groups: dict[str, list[Value]] = {}
        for one in worth_showing(neighbours):
            if not one.outgoing and one.record is not None:
                groups.setdefault(one.property, []).append(self.write.named(self.names.of(one.iri)))
        return [
            (relation_words(prop, False, self.words), prop, values[:shown], max(0, len(values) - shown))
            for prop, values in groups.items()
        ]


def _history(catalogue: Catalogue, reader: Reader, record: Record) -> list[Event]:
    """Return what happened to the record, newest first, while it was visible to this reader's audience."""
    seen = visibilities_of(reader.audience)
    return [event for event in reversed(catalogue.ledger.history(record.graph)) if event.visibility in seen]


def _policy_record(catalogue: Catalogue, reader: Reader, policy: Node) -> Description | None:
    record = catalogue.ledger.find_by_iri(policy.value) if isinstance(policy, NamedNode) else None
    content = catalogue.graphs.triples(reader.audience, record.graph) if record else None
    return Description.parse(content) if content is not None else None


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def group_findings(findings: tuple[Finding, ...], topic: str, words: Words) -> list[FindingGroup]:
    """Bring findings that say the same together, the gravest first."""
    counts: Counter[tuple[Severity, str, str]] = Counter()
    places: dict[tuple[Severity, str, str], list[str]] = {}
    for finding in findings:
        text = words.choose(messages_of(finding))[1] or finding.component.rsplit("#", 1)[-1]
        key = (finding.severity, text, finding.path)
        counts[key] += 1
        found = places.setdefault(key, [])
        place = finding.value or finding.focus
        if place != topic and not place.startswith("_:"):
            found.append(place)
    ordered = sorted(counts.items(), key=lambda item: (_SEVERITIES.index(item[0][0]), -item[1], item[0][1]))
    return [
        FindingGroup(
            key[0],
            key[1],
            property_name(key[2], words) if key[2] else "",
            key[2],
            count,
            tuple(dict.fromkeys(places[key]))[:5],
        )
        for key, count in ordered
    ]

"""What each format holds comes back as it was: DCAT → format → DCAT.

The generated records use only what the format has a place for: ``TEXTS`` says in how many languages, the strategies
below which properties. Statements that reading adds (a licence of the dataset on its distributions, the landing page as
their access address) are allowed beside them.
"""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from mappings import formats
from ontology.description import Description, expand
from ontology.namespaces import EU, PREFIXES, RDF, XSD

DATASET = NamedNode("https://catalogue.example/id/dataset/x")
TYPE = NamedNode(RDF + "type")
MEDIA = "http://www.iana.org/assignments/media-types/"

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=12)
pages = st.integers(0, 99).map(lambda n: NamedNode(f"https://pages.example/{n}"))
days = st.dates().map(lambda day: Literal(day.isoformat(), datatype=NamedNode(XSD + "date")))
instants = st.datetimes().map(
    lambda moment: Literal(moment.isoformat(timespec="seconds") + "Z", datatype=NamedNode(XSD + "dateTime"))
)
dates = days | instants
sizes = st.integers(0, 10**15).map(lambda n: Literal(str(n), datatype=NamedNode(XSD + "nonNegativeInteger")))


def codes(scheme, *names):
    return st.sampled_from([NamedNode(f"{EU}{scheme}/{name}") for name in names])


def texts(*tags):
    return st.lists(st.sampled_from(tags), min_size=1, max_size=len(tags), unique=True).flatmap(
        lambda chosen: st.tuples(*[words.map(lambda word, tag=tag: Literal(word, language=tag)) for tag in chosen])
    )


def one(strategy):
    return strategy.map(lambda value: (value,))


def some(strategy):
    return st.lists(strategy, min_size=1, max_size=3, unique=True).map(tuple)


untagged = words.map(Literal)
english = words.map(lambda word: Literal(word, language="en"))

DISTRIBUTION = {
    "dct:title": one(english),
    "dcat:accessURL": one(pages),
    "dcat:downloadURL": one(pages),
    "dcat:mediaType": one(st.sampled_from([NamedNode(MEDIA + name) for name in ("text/csv", "application/json")])),
    "dct:license": one(codes("licence", "CC0", "CC_BY_4_0")),
    "dcat:byteSize": one(sizes),
    "dct:issued": one(dates),
    "dct:modified": one(dates),
}

COMMON = {
    "dcat:version": one(untagged),
    "dct:identifier": one(untagged),
    "dct:issued": one(dates),
    "dct:modified": one(dates),
    "dct:language": some(codes("language", "ENG", "ZHO", "DEU")),
    "dct:license": one(codes("licence", "CC0", "CC_BY_4_0", "MIT")),
    "dcat:landingPage": one(pages),
    "dcat:theme": some(codes("data-theme", "ENVI", "TRAN")),
    "dct:accessRights": one(codes("access-right", "PUBLIC", "RESTRICTED")),
}

HELD = {
    "dcat-us": COMMON
    | {
        "dct:title": one(english),
        "dct:description": one(english),
        "dcat:keyword": some(english),
        "dct:accrualPeriodicity": one(codes("frequency", "MONTHLY", "DAILY", "IRREG")),
        "dct:references": some(pages),
        "dcat:inSeries": one(pages),
    },
    "ckan": COMMON
    | {
        "dct:title": texts("en", "zh", "de"),
        "dct:description": texts("en", "zh"),
        "dcat:keyword": some(untagged),
        "dct:accrualPeriodicity": one(codes("frequency", "MONTHLY", "DAILY", "IRREG")),
        "dct:subject": some(pages),
        "sc:industry": some(pages),
        "dct:conformsTo": some(pages),
    },
    "croissant": COMMON
    | {
        "dct:title": one(english),
        "dct:description": texts("en", "zh", "fr"),
        "dct:alternative": texts("zh", "fr"),
        "dcat:keyword": some(english),
        "dct:bibliographicCitation": one(untagged),
        "dct:conformsTo": some(pages),
        "prov:wasDerivedFrom": some(pages),
    },
}

ITEM = {
    "csvw:name": one(untagged),
    "csvw:title": texts("en", "zh"),
    "dct:description": texts("en", "zh"),
    "csvw:datatype": one(st.sampled_from([NamedNode(XSD + name) for name in ("string", "decimal", "long", "date")])),
    "sc:meaning": one(pages),
    "sc:position": one(st.integers(0, 99).map(lambda n: Literal(str(n), datatype=NamedNode(XSD + "integer")))),
}


def described(subject, kind, spec):
    """Statements about one node, any part of ``spec`` present."""
    choices = st.fixed_dictionaries({}, optional=spec)
    return choices.map(
        lambda chosen: [
            Triple(subject, TYPE, NamedNode(expand(kind))),
            *(Triple(subject, NamedNode(expand(prop)), value) for prop, found in chosen.items() for value in found),
        ]
    )


@st.composite
def records(draw, name):
    statements = draw(described(DATASET, "dcat:Dataset", HELD[name]))
    if name == "croissant":
        title = NamedNode(expand("dct:title"))
        statements += (
            []
            if any(t.predicate == title for t in statements)
            else [Triple(DATASET, title, Literal("T", language="en"))]
        )
    spec = DISTRIBUTION | ({"dct:title": texts("en", "zh")} if name != "dcat-us" else {})
    nested = [("dcat:distribution", "dcat:Distribution", spec)]
    nested += [("sc:dataItem", "csvw:Column", ITEM)] if name == "croissant" else []
    for prop, kind, parts in nested:
        for number in range(draw(st.integers(0, 2))):
            node = NamedNode(f"{DATASET.value}#{kind[-4:]}{number}")
            below = draw(described(node, kind, parts))
            if len(below) > 1:
                statements += [Triple(DATASET, NamedNode(expand(prop)), node), *below]
    if name != "croissant" and draw(st.booleans()):
        contact = BlankNode()
        statements += [
            Triple(DATASET, NamedNode(expand("dcat:contactPoint")), contact),
            Triple(contact, TYPE, NamedNode(expand("vcard:Kind"))),
            Triple(contact, NamedNode(expand("vcard:hasEmail")), NamedNode("mailto:a@b.example")),
        ]
    return statements


def view(description, node=None):
    """The statements about a node and what is nested in it, blank nodes by their content."""
    return {
        (prop, view_of(description, term))
        for prop, terms in description.properties(node or DATASET).items()
        for term in terms
    }


def view_of(description, term):
    if isinstance(term, BlankNode) or (isinstance(term, NamedNode) and term.value.startswith(DATASET.value + "#")):
        return frozenset(view(description, term))
    return term


def contained(part, whole):
    """Whether ``whole`` says all that ``part`` says, nested nodes compared likewise."""
    return all(
        any(prop == other and (value == found or nested(value, found)) for other, found in whole)
        for prop, value in part
    )


def nested(value, found):
    return isinstance(value, frozenset) and isinstance(found, frozenset) and contained(value, found)


@pytest.mark.parametrize("name", formats.FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_a_format_holds_comes_back(name, data):
    original = Description(data.draw(records(name)))
    written = formats.export(name, original, DATASET.value)
    (record,) = formats.iter_records(name, io.BytesIO(written.to_bytes()), "https://elsewhere.example/")
    assert record.problem is None
    assert record.iri == DATASET.value
    returned = Description.parse(record.ntriples)
    assert contained(view(original), view(returned)), view(original) - view(returned)


def test_prefixes_of_this_test_are_ours():
    assert all(name.partition(":")[0] in PREFIXES for held in HELD.values() for name in held)

"""Records with mistakes in them, as strangers send them: statements lost, doubled, moved, and values of every sort."""

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology.namespaces import RDF, XSD
from tests.shapes.records import CODE, EU, RECORDS, ntriples

TRIPLES = {
    kind: [quad.triple for quad in parse(ntriples(turtle), format=RdfFormat.N_TRIPLES)]
    for kind, turtle in RECORDS.items()
}
PREDICATES = sorted({t.predicate.value for triples in TRIPLES.values() for t in triples})
CLASSES = sorted({t.object.value for triples in TRIPLES.values() for t in triples if t.predicate.value == RDF + "type"})
ODD_TEXTS = [
    *("", " ", "0", "-1", "01", "+3", "6", "1e400", "NaN", "INF", "true", "TRUE", "1", "2026-02-30", "2026-01-15"),
    *("2026-01-15Z", "2026-01-15T24:00:00", "2026-01-15T08:00:00+08:00", "2026", "2026-01", "-0001-01-01", "3509"),
    *("91350900M000100Y43", "350", "public", "dataset", "sha256:00", "x" * 300, "a\nb", '"quoted"', "\\", "_:x"),
]
LEXICALS = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
DATATYPES = [XSD + name for name in ("date", "dateTime", "integer", "boolean", "decimal", "double", "gYear", "string")]
DATATYPES += [XSD + "nonNegativeInteger", XSD + "gYearMonth", "https://example.org/datatype"]
TAGS = st.sampled_from(["zh", "en", "zh-Hans", "de"])
LITERALS = (
    st.builds(Literal, LEXICALS)
    | st.builds(lambda text, tag: Literal(text, language=tag), LEXICALS, TAGS)
    | st.builds(lambda text, iri: Literal(text, datatype=NamedNode(iri)), LEXICALS, st.sampled_from(DATATYPES))
)
IRIS = [f"{EU}frequency/MONTHLY", f"{EU}access-right/PUBLIC", f"{EU}file-type/CSV", f"{EU}data-theme/NONE"]
IRIS += [f"{CODE}gbt4754/Z", f"{CODE}security-level/001", f"{CODE}topic/A0100", "mailto:a@b", "urn:x:y", *CLASSES]
IRIS += [
    "http://www.iana.org/assignments/media-types/text/csv",
    "http://www.w3.org/ns/odrl/2/eq",
    "http://é.example/路径",
]
NODES = st.sampled_from([*map(NamedNode, IRIS), BlankNode("fresh"), BlankNode("other")])


@st.composite
def mistaken_records(draw: st.DrawFn) -> str:
    """Draw a record of any kind with up to six mistakes, as N-Triples."""
    triples = list(TRIPLES[draw(st.sampled_from(sorted(TRIPLES)))])
    for _ in range(draw(st.integers(0, 6))):
        position = draw(st.integers(0, len(triples) - 1))
        subject, predicate, value = triples[position]
        kind = draw(st.sampled_from(["drop", "value", "literal", "predicate", "add", "class", "subject"]))
        if kind == "drop" and len(triples) > 1:
            del triples[position]
        elif kind in ("value", "add"):
            changed = Triple(subject, predicate, draw(NODES))
            triples[position : position + (kind == "value")] = [changed]
        elif kind == "literal":
            triples[position] = Triple(subject, predicate, draw(LITERALS))
        elif kind == "predicate":
            triples[position] = Triple(subject, NamedNode(draw(st.sampled_from(PREDICATES))), value)
        elif kind == "class":
            triples.append(Triple(subject, NamedNode(RDF + "type"), NamedNode(draw(st.sampled_from(CLASSES)))))
        elif kind == "subject":
            triples[position] = Triple(draw(NODES), predicate, value)
    return "".join(f"{triple} .\n" for triple in dict.fromkeys(triples))

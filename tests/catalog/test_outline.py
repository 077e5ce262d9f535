"""An outline says what parsing says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalog.outline import Outline
from catalog.syntaxes.statements import to_lines
from ontology.description import Description

IRIS = st.sampled_from(["urn:a", "http://example.org/b#c", "http://purl.org/dc/terms/title", "urn:é"]).map(NamedNode)
NODES = IRIS | st.sampled_from(["b0", "c14n1"]).map(BlankNode)
ODD = st.sampled_from(['"', "\\", '\\"', "> _:b0 .", '" .\n<a> "'])
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | ODD
LITERALS = (
    TEXTS.map(Literal)
    | st.builds(lambda text, tag: Literal(text, language=tag), TEXTS, st.sampled_from(["zh", "en-gb", "zh-hans"]))
    | st.builds(lambda text: Literal(text, datatype=NamedNode("urn:t")), TEXTS)
)
TRIPLES = st.builds(Triple, NODES, IRIS, NODES | LITERALS)


@given(st.lists(TRIPLES, unique=True))
def test_it_reads_what_a_parser_reads(triples: list[Triple]) -> None:
    content = "".join(f"{line}\n" for line in to_lines(triples))
    outline, parsed = Outline(content), Description.parse(content)
    for triple in triples:
        term, prop = str(triple.subject), triple.predicate.value
        node = triple.subject
        assert not isinstance(node, Triple)
        assert outline.all_texts(term, prop) == parsed.all_texts(node, prop)
        assert outline.iris(term, prop) == parsed.iris(node, prop)
        assert outline.nodes(term, prop) == [str(each) for each in parsed.nodes(node, prop)]


def test_properties_have_prefixed_names_too() -> None:
    outline = Outline('<urn:a> <http://purl.org/dc/terms/title> "A"@en .\n')
    assert outline.find("<urn:a>", "dct:identifier", "dct:title") == "A"
    assert outline.find("<urn:b>", "dct:title") is None

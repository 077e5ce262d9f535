"""Turtle for people says exactly what the statements say, whatever they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from app.turtle import write_turtle
from ontology.namespaces import DCT, RDF, XSD

LOCAL_NAMES = ("title", "a.b", "a.", "", "a/b", "é", "-a", "1")
iris = st.sampled_from(
    ["http://x.example/", "http://x.example/a#b", RDF + "type", *(DCT + local for local in LOCAL_NAMES)]
).map(NamedNode)
blanks = st.integers(0, 4).map(lambda number: BlankNode(f"b{number}"))
lexical = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.sampled_from(["01", "+1", "-0", "1.0", ".5", "1.", "1e5", "1E+05", "true", "TRUE", "NaN", "", "1 "])
datatypes = st.sampled_from(["integer", "decimal", "double", "boolean", "string", "date"]).map(
    lambda name: NamedNode(XSD + name)
)
literals = st.one_of(
    lexical.map(Literal),
    st.builds(lambda text: Literal(text, language="zh-hans"), lexical),
    st.builds(lambda text, datatype: Literal(text, datatype=datatype), numbers | lexical, datatypes),
)
triples = st.builds(Triple, iris | blanks, iris, iris | blanks | literals)


def canonical(quads: object) -> Dataset:
    dataset = Dataset(Quad(q.subject, q.predicate, q.object) for q in quads)  # type: ignore[attr-defined]
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


@given(st.lists(triples, max_size=12), st.booleans())
def test_turtle_and_trig_say_what_was_said(statements: list[Triple], named: bool) -> None:
    ntriples = "".join(f"{triple} .\n" for triple in statements)
    graph = "http://x.example/graph" if named else None
    written = write_turtle(ntriples, ["http://x.example/"], graph)
    read = list(parse(written, format=RdfFormat.TRIG if named else RdfFormat.TURTLE))
    assert {str(quad.graph_name) for quad in read} <= ({f"<{graph}>"} if named else {"DEFAULT"})
    assert canonical(read) == canonical(statements)


def test_endless_nesting_is_written_flat() -> None:
    depth = 3000
    chain = "".join(f"_:n{n} <{DCT}hasPart> _:n{n + 1} .\n" for n in range(depth))
    text = write_turtle(f"<http://x.example/> <{DCT}hasPart> _:n0 .\n" + chain)
    assert sum(1 for _ in parse(text, format=RdfFormat.TURTLE)) == depth + 1


def test_the_named_resource_comes_first_and_its_parts_stand_in_place() -> None:
    text = write_turtle(
        f'<http://a.example/> <{DCT}title> "later" .\n'
        f"<http://z.example/> <{DCT}spatial> _:x .\n"
        f'_:x <{DCT}title> "inside" .\n',
        ["http://z.example/"],
    )
    assert text.index("http://z.example/") < text.index("http://a.example/")
    assert 'dct:spatial [\n        dct:title "inside"\n    ]' in text

"""What the things are called that a record refers to, as statements that a foreign format can copy names from."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from app.pages.names import iri_values, query_text
from catalog.model import Audience, Kind
from catalog.ports import GraphStore
from ontology.description import Description
from ontology.namespaces import DCAT, DCT, FOAF

_REFERRING = (
    DCT + "publisher",
    DCT + "creator",
    DCT + "isPartOf",
    DCT + "conformsTo",
    DCAT + "inSeries",
    DCAT + "accessService",
)
"""Properties whose values foreign formats show by name."""


class Labels:
    """Names of other records, as far as ``audience`` may see them; each is asked for once."""

    def __init__(self, graphs: GraphStore, audience: Audience) -> None:
        self._graphs = graphs
        self._audience = audience
        self._known: dict[str, str] = {}

    def statements(self, ntriples: str) -> str:
        """Return names of what the description refers to and does not name itself, as N-Triples."""
        about = Description.parse(ntriples)
        referred = {iri for node in about.subjects() for iri in about.iris(node, *_REFERRING)}
        wanted = sorted(iri for iri in referred if NamedNode(iri) not in about)
        self._learn([iri for iri in wanted if iri not in self._known])
        return "".join(self._known[iri] for iri in wanted)

    def _learn(self, iris: list[str]) -> None:
        if not iris:
            return
        self._known |= dict.fromkeys(iris, "")
        query = query_text("names").replace("__IRIS__", iri_values(iris))
        for row in self._graphs.select(self._audience, query):
            iri, label = row["iri"].value, row.get("label")
            if isinstance(label, Literal) and iri in self._known:
                naming = FOAF + "name" if row["kind"].value == Kind.PARTICIPANT else DCT + "title"
                self._known[iri] += f"<{iri}> <{naming}> {label} .\n"

"""The namespaces that records, shapes and queries use, under the prefixes that the field gives them."""

from __future__ import annotations

DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
ODRL = "http://www.w3.org/ns/odrl/2/"
CSVW = "http://www.w3.org/ns/csvw#"
QUDT = "http://qudt.org/schema/qudt/"
UNIT = "http://qudt.org/vocab/unit/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
ADMS = "http://www.w3.org/ns/adms#"
PROV = "http://www.w3.org/ns/prov#"
ORG = "http://www.w3.org/ns/org#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SH = "http://www.w3.org/ns/shacl#"
SPDX = "http://spdx.org/rdf/terms#"
SCHEMA = "https://schema.org/"
EU = "http://publications.europa.eu/resource/authority/"
SC = "https://w3id.org/spacecat/ns#"
CODE = "https://w3id.org/spacecat/codes/"

PREFIXES: dict[str, str] = {
    "dcat": DCAT,
    "dct": DCT,
    "foaf": FOAF,
    "vcard": VCARD,
    "odrl": ODRL,
    "csvw": CSVW,
    "qudt": QUDT,
    "unit": UNIT,
    "skos": SKOS,
    "adms": ADMS,
    "prov": PROV,
    "org": ORG,
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "sh": SH,
    "spdx": SPDX,
    "schema": SCHEMA,
    "eu": EU,
    "sc": SC,
    "code": CODE,
}
"""Prefix to namespace, used wherever RDF or SPARQL is written for people."""

"""Classes whose resources are parts of records, or of vocabularies, and so are not missed where they make no record.

A catalogue may describe agents, licences and concepts that no record of it points to; that is no fault.
"""

from __future__ import annotations

from functools import lru_cache

from ontology.namespaces import (
    ADMS,
    CSVW,
    DCAT,
    DCT,
    FOAF,
    ODRL,
    ORG,
    OWL,
    PROV,
    QUDT,
    RDF,
    RDFS,
    SC,
    SCHEMA,
    SH,
    SKOS,
    SPDX,
    VCARD,
)

_VOCABULARIES = (
    *(CSVW, DCT, FOAF, ORG, OWL, PROV, QUDT, RDF, RDFS, SH, SKOS, SPDX, VCARD),
    "http://creativecommons.org/ns#",
    "http://data.europa.eu/eli/ontology#",
    "http://www.opengis.net/ont/geosparql#",
    "http://www.w3.org/2006/time#",
    "http://www.w3.org/2008/05/skos-xl#",
    "http://www.w3.org/ns/dqv#",
    "http://www.w3.org/ns/locn#",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/ns/regorg#",
)
"""Namespaces all of whose classes are such."""

_AGENTS_AND_PARTS = ("Organization", "Person", "Place", "ContactPoint", "DataDownload")
_CLASSES = frozenset(
    [DCAT + name for name in ("Distribution", "CatalogRecord", "Relationship", "Role")]
    + [ODRL + name for name in ("Action", "Asset", "AssetCollection", "Party", "PartyCollection", "Group", "Profile")]
    + [ODRL + name for name in ("Rule", "Permission", "Prohibition", "Duty", "Constraint", "LogicalConstraint")]
    + [ODRL + name for name in ("ConflictTerm", "LeftOperand", "RightOperand", "Operator")]
    + [schema + name for schema in (SCHEMA, SCHEMA.replace("https", "http")) for name in _AGENTS_AND_PARTS]
    + [ADMS + "Identifier", SC + "DataNeed"]
)
"""Such classes in namespaces that have classes of records too."""


@lru_cache(4096)
def is_nested_class(cls: str) -> bool:
    """Say whether resources of the class with this IRI are nested in records by nature."""
    return cls in _CLASSES or cls.startswith(_VOCABULARIES)

"""What a check found (SHACL §3.6): one result per constraint that is not met, with its message in each language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ontology.namespaces import SH

SEVERITIES: tuple[str, ...] = ("info", "warning", "violation")
"""The severities of SHACL, mildest first. A shape may name another one; it is then given by its IRI."""


@dataclass(frozen=True, slots=True)
class Result:
    """One constraint that is not met.

    ``focus`` is the node at fault: an IRI, or ``_:`` and the label that a blank node has in what was checked.
    ``path`` is the property: its IRI, or a path as SPARQL writes it; empty where the node as a whole is at fault.
    ``value`` is the offending value: an IRI, ``_:label``, or a literal in N-Triples; empty where none is to blame.
    ``component`` is the IRI of the kind of constraint, ``shape`` that of the shape (empty where it has no IRI).
    ``messages`` are by language tag, ``""`` where the shape gives none.
    """

    focus: str
    path: str
    value: str
    severity: str
    component: str
    shape: str
    messages: dict[str, str]

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What two engines must agree on: focus, path, value, component and severity."""
        return self.focus, self.path, self.value, self.component, self.severity


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check: its results, gravest first, and the ``engine`` that found them."""

    results: tuple[Result, ...]
    engine: str

    @property
    def conforms(self) -> bool:
        """Whether nothing at all was found, of any severity (SHACL §3.6.1.1)."""
        return not self.results

    @property
    def violations(self) -> tuple[Result, ...]:
        """The results of severity ``violation``."""
        return tuple(result for result in self.results if result.severity == "violation")

    def counts(self) -> dict[str, int]:
        """Return the number of results by severity."""
        return dict(Counter(result.severity for result in self.results))


def severity_name(iri: str) -> str:
    """Return ``violation``, ``warning`` or ``info`` for the severities of SHACL, any other IRI as it is."""
    name = iri.removeprefix(SH).lower()
    return name if name in SEVERITIES else iri


def messages_of(shape: str, component: str, known: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """Return the messages of a shape, but for SPARQL constraints, which have messages of their own."""
    core = component.startswith(SH) and component != SH + "SPARQLConstraintComponent"
    return known.get(shape, {}) if core else {}


def in_order(results: list[Result]) -> tuple[Result, ...]:
    """Return the results gravest first, then by node, property and value, so that reports can be compared."""
    return tuple(sorted(results, key=lambda r: (-_weight(r.severity), *r.key)))


def _weight(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)

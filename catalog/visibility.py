"""The one rule: who may see which record. Every surface asks here, none decides by itself.

The graph store keeps what each audience may see physically apart, and the search index files each record under its
audiences, so asking costs nothing; both take the answer from :func:`audiences_of`.
"""

from __future__ import annotations

from catalog.model import Audience, Kind, Record, Visibility

_SEES: dict[Audience, frozenset[Visibility]] = {
    Audience.PUBLIC: frozenset({Visibility.PUBLIC}),
    Audience.MEMBERS: frozenset({Visibility.PUBLIC, Visibility.MEMBERS}),
    Audience.OPERATORS: frozenset(Visibility),
}


def audiences_of(record: Record) -> frozenset[Audience]:
    """Return the audiences that may see the content of ``record``; none once it is withdrawn."""
    if record.withdrawn is not None:
        return frozenset()
    return frozenset(audience for audience in Audience if record.visibility in _SEES[audience])


def may_see(audience: Audience, record: Record) -> bool:
    """Say whether ``audience`` may see the content of ``record``."""
    return audience in audiences_of(record)


def may_know(audience: Audience, record: Record) -> bool:
    """Say whether ``audience`` may learn that ``record`` exists or existed (the tombstone of what was withdrawn)."""
    return record.visibility in _SEES[audience]


def visibilities_of(audience: Audience) -> frozenset[Visibility]:
    """Return the visibilities of the records that ``audience`` may see, to count or list them."""
    return _SEES[audience]


def is_findable(record: Record) -> bool:
    """Say whether search holds the record at all: not what was withdrawn, nor an operator's working graphs."""
    return record.withdrawn is None and record.kind is not Kind.GRAPH

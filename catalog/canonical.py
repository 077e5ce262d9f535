"""One form for the same content: RDFC-1.0 (W3C RDF Dataset Canonicalization), and its hash.

The time that canonicalising takes can grow beyond all bounds with the symmetry of blank nodes. What is plainly too
symmetric is refused; for the rest the caller's worker process sets the limit.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from catalog.errors import LimitExceededError

_ALIKE_NEIGHBOURS = 7
"""Neighbours of a blank node that may look alike where it has doubles itself; 7 take 4 s, 12 never end."""


def canonicalize(lines: Iterable[str]) -> list[str]:
    """Return N-Triples lines (without line ends) in canonical form: blank nodes relabelled, sorted, no doubles.

    Raises ``LimitExceededError`` (``blank-nodes-alike``) where blank nodes are too symmetric.
    """
    unique = set(lines)
    blank = [line for line in unique if "_:" in line and (line[0] == "_" or line.split(" ", 2)[2][0] == "_")]
    if not blank:
        return sorted(unique)
    labels = _labels_at_first_sight(blank)
    if labels is not None:
        return sorted(unique.difference(blank).union(_relabelled(blank, labels)))
    _refuse_symmetry(blank)
    dataset = Dataset(parse("\n".join(blank), RdfFormat.N_TRIPLES))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    data = serialize(dataset, format=RdfFormat.N_QUADS)
    assert data is not None
    return sorted(unique.difference(blank).union(data.decode().split("\n")[:-1]))


def content_hash(content: str) -> str:
    """Return ``sha256:`` and the hash of canonical N-Triples, as RDFC-1.0 hashes canonical N-Quads."""
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def to_content(lines: Iterable[str]) -> str:
    """Return canonical N-Triples text, each line ended."""
    return "".join(f"{line}\n" for line in canonicalize(lines))


def _labels_at_first_sight(lines: list[str]) -> dict[str, str] | None:
    """Return canonical labels where what is said of each blank node alone tells them apart, as it mostly does.

    These are the steps 3 and 4 of the canonicalization algorithm (RDFC-1.0 §4.4.3, §4.6), which then ends: it takes
    a third of handing the statements over to the library.
    """
    said: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        subject, prop, value = line.split(" ", 2)
        if subject[0] != "_":
            said[value[:-2]].append(f"{subject} {prop} _:a .\n")
        elif value[0] != "_":
            said[subject].append(f"_:a {prop} {value}\n")
        elif value[:-2] == subject:
            said[subject].append(f"_:a {prop} _:a .\n")
        else:
            said[subject].append(f"_:a {prop} _:z .\n")
            said[value[:-2]].append(f"_:z {prop} _:a .\n")
    hashes = {hashlib.sha256("".join(sorted(each)).encode()).hexdigest(): node for node, each in said.items()}
    if len(hashes) < len(said):
        return None
    return {hashes[key]: f"_:c14n{number}" for number, key in enumerate(sorted(hashes))}


def _relabelled(lines: list[str], labels: dict[str, str]) -> Iterator[str]:
    for line in lines:
        subject, prop, value = line.split(" ", 2)
        value = f"{labels[value[:-2]]} ." if value[0] == "_" else value
        yield f"{labels.get(subject, subject)} {prop} {value}"


def _refuse_symmetry(lines: list[str]) -> None:
    """Raise where a blank node that has doubles is joined with many blank nodes that have doubles."""
    edges: set[tuple[str, str]] = set()
    for line in lines:
        if line[0] == "_" and '"' not in line:
            subject, _, value = line.split(" ", 2)
            if value[0] == "_":
                edges |= {(subject, value[:-2]), (value[:-2], subject)}
    if len(edges) <= _ALIKE_NEIGHBOURS:
        return
    colours = _colours(lines)
    counts = Counter(colours.values())
    doubles = {node for node, colour in colours.items() if counts[colour] > 1}
    neighbours = Counter(left for left, right in edges if left in doubles and right in doubles)
    if neighbours and max(neighbours.values()) > _ALIKE_NEIGHBOURS:
        raise LimitExceededError("blank-nodes-alike", limit="symmetry", value=_ALIKE_NEIGHBOURS)


def _colours(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """Return what tells each blank node apart at first sight: its statements, with other blank nodes left out."""
    signs: dict[str, list[str]] = {}
    for line in lines:
        subject, prop, value = line[:-2].split(" ", 2)
        blank_subject, blank_value = subject.startswith("_:"), value.startswith("_:")
        if blank_subject:
            signs.setdefault(subject, []).append(f"> {prop} {'' if blank_value else value}")
        if blank_value:
            signs.setdefault(value, []).append(f"< {prop} {'' if blank_subject else subject}")
    return {node: tuple(sorted(each)) for node, each in signs.items()}

"""Named sets of shapes: what a record of ours must be, and what DCAT-AP asks of a catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ontology import terms

RECORD = "record"
DCAT_AP = "dcat-ap"

_FOLDER = Path(__file__).parent
_MESSAGES = "messages.ttl"


class UnknownProfileError(ValueError):
    """There is no profile of this ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of shape files that are used together. ``version`` follows the rules, ``source`` says whose they are."""

    name: str
    version: str
    source: str
    files: tuple[Path, ...]

    def turtle(self) -> str:
        """Return all shapes of the profile as one Turtle document."""
        return "\n".join(file.read_text(encoding="utf-8") for file in self.files)

    def hash(self) -> str:
        """Return a hash of all that decides a check: the shapes, and the code lists they refer to (``sha256:…``)."""
        digest = hashlib.sha256(self.turtle().encode())
        for name in terms.documents():
            digest.update(terms.document(name))
        return f"sha256:{digest.hexdigest()}"


def profile(name: str) -> Profile:
    """Return a profile by name. Raises :class:`UnknownProfileError`."""
    for known in profiles():
        if known.name == name:
            return known
    raise UnknownProfileError(name)


def profiles() -> tuple[Profile, ...]:
    """Return all profiles."""
    own = tuple(path for path in sorted(_FOLDER.glob("*.ttl")) if path.name != _MESSAGES)
    return (
        Profile(RECORD, "1.0.0", "https://w3id.org/spacecat/shapes", own),
        Profile(
            DCAT_AP,
            "3.0.1",
            "https://semiceu.github.io/DCAT-AP/releases/3.0.1/",
            (_FOLDER / "dcat-ap" / "dcat-ap.ttl",),
        ),
    )


def default_messages() -> str:
    """Return, as Turtle, what to say where a shape has no message of its own, by constraint component."""
    return (_FOLDER / _MESSAGES).read_text(encoding="utf-8")

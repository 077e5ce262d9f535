"""The two languages of everything people read: translated texts, numbers, dates and sizes as each writes them.

English texts are the message ids; ``translations/zh.po`` holds the Chinese ones and is read once, at the first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from ontology.description import choose

LANGUAGES = ("en", "zh")
"""Tags of the languages, in the order in which they are offered."""

LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
"""What each language calls itself."""

_LOCALES = {"en": Locale("en", "GB"), "zh": Locale("zh")}
_TRANSLATIONS = Path(__file__).parent / "translations"


def N_(message: str) -> str:  # noqa: N802 (the name that message extraction knows)
    """Mark a text for translation where it is written down; it is translated where it is shown."""
    return message


@cache
def translations() -> Catalog:
    """Return the Chinese messages by their English text."""
    with (_TRANSLATIONS / "zh.po").open("rb") as file:
        return read_po(file, locale="zh")


@dataclass(frozen=True, slots=True)
class Words:
    """What is needed to speak to one reader: ``language`` is one of :data:`LANGUAGES`."""

    language: str

    def gettext(self, message: str, **values: object) -> str:
        """Return ``message`` in the reader's language, with ``%(name)s`` filled from ``values``."""
        text = message
        if self.language == "zh":
            found = translations().get(message)
            text = str(found.string) if found and found.string else message
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, number: int, **values: object) -> str:
        """Return the form that suits ``number``, which fills ``%(number)s`` as the language writes it."""
        text = singular if number == 1 else plural
        if self.language == "zh":
            found = translations().get(singular)
            strings = found.string if found else ""
            text = (strings[0] if isinstance(strings, (tuple, list)) else strings) or text
        return text % {"number": self.number(number), **values}

    def number(self, value: float) -> str:
        """Write a number with its digits grouped."""
        return format_decimal(value, locale=_LOCALES[self.language])

    def date(self, value: date) -> str:
        """Write the day: ``15 January 2026``, ``2026年1月15日``."""
        return format_date(value, format="long", locale=_LOCALES[self.language])

    def moment(self, value: datetime) -> str:
        """Write day and minute, in the zone that ``value`` has."""
        return (
            format_datetime(value, format="d MMM y, HH:mm", locale=_LOCALES[self.language])
            if (self.language == "en")
            else format_datetime(value, format="y年M月d日 HH:mm", locale=_LOCALES[self.language])
        )

    def ago(self, value: datetime, now: datetime) -> str:
        """Write how long ago ``value`` was, in the largest unit that fits."""
        return format_timedelta(value - now, add_direction=True, locale=_LOCALES[self.language])

    def size(self, size_bytes: float) -> str:
        """Write a size in units of 1000 bytes: ``1.05 MB``."""
        value, unit = float(size_bytes), "B"
        for larger in ("kB", "MB", "GB", "TB"):
            if value < 1000:
                break
            value, unit = value / 1000, larger
        digits = "#,##0" if unit == "B" or value >= 100 else "#,##0.##"
        return f"{format_decimal(value, format=digits, locale=_LOCALES[self.language])} {unit}"

    def listing(self, items: list[str]) -> str:
        """Join items as the language does: ``a, b and c``, ``a、b和c``."""
        return format_list(items, locale=_LOCALES[self.language])

    def choose(self, texts: Mapping[str, str]) -> tuple[str, str]:
        """Return the (language tag, text) that suits the reader best."""
        return choose(dict(texts), self.language)


def pick_language(*wishes: str | None, accepted: list[str]) -> str:
    """Return the first wish that is one of our languages, else the first accepted tag that is, else English."""
    for wish in (*wishes, *accepted):
        primary = (wish or "").split("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return "en"

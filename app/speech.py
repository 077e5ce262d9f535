"""The language of the command line: the one of the terminal, or ``--lang``; texts stand here in pairs.

Click wants texts when a command is declared, long before anything heavy may be imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def _language() -> str:
    """Return ``en`` or ``zh`` by ``--lang`` on the command line, else by the locale (POSIX order of precedence)."""
    arguments = sys.argv[1:]
    for place, argument in enumerate(arguments):
        value = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        if argument == "--lang" and place + 1 < len(arguments):
            value = arguments[place + 1]
        if value in ("en", "zh"):
            return value
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


LANGUAGE = _language()
"""Language of this process."""


def both(en: str, zh: str) -> str:
    """Return the text in the language of the command line."""
    return zh if LANGUAGE == "zh" else en


def pick(texts: Mapping[str, str]) -> str:
    """Return the text in the language of the command line, else in another."""
    for wanted in (LANGUAGE, "en", "zh", ""):
        for tag, text in texts.items():
            if tag == wanted or (wanted and tag.split("-")[0] == wanted):
                return text
    return next(iter(texts.values()), "")

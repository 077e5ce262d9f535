"""Writes the documents that are derived from the code; ``--check`` says whether they are up to date."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from app.errors import OUTCOMES, error_texts
from catalog.settings import Settings

HERE = Path(__file__).parent


def settings_page() -> str:
    """Return the page that lists every setting."""
    rows = [
        f"### `{spec.name}`\n\n"
        f"Default `{_written(spec.default)}` · environment `SPACECAT_{spec.name.upper()}`\n\n"
        f"{spec.metadata['en']}\n\n{spec.metadata['zh']}\n"
        for spec in fields(Settings)
    ]
    head = (
        "# Settings · 设置\n\n"
        "From weakest to strongest: the default, `spacecat.toml` in the working folder (or `--config FILE`), the "
        "environment, flags.\n\n"
        "由弱到强依次为：默认值、工作目录中的 `spacecat.toml`（或 `--config 文件`）、环境变量、命令行参数。\n\n"
    )
    return head + "\n".join(rows)


def errors_page() -> str:
    """Return the page that lists every error code with its texts."""
    classes = "\n".join(f"| `{cls.__name__}` | {status} | {code} |" for cls, (status, code) in OUTCOMES.items())
    texts = "\n".join(f"### `{code}`\n\n{said['en']}\n\n{said['zh']}\n" for code, said in sorted(error_texts().items()))
    return (
        "# Errors · 错误\n\n"
        "HTTP answers are problem documents (RFC 9457) whose `code` is one of those below. · "
        "HTTP 错误以问题文档（RFC 9457）返回，其中 `code` 为下列之一。\n\n"
        f"| class | HTTP status | exit code |\n|---|---|---|\n{classes}\n\n{texts}"
    )


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value) or " "
    return str(value) or " "


PAGES = {"settings.md": settings_page, "errors.md": errors_page}


def main() -> int:
    """Write the pages, or with ``--check`` return 1 if one is out of date."""
    stale = []
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run make docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

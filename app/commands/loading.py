"""Commands that bring records in: load."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.client import open_client
from app.commands.options import as_json, settings_options
from app.loading import demonstration, iter_sources, load_all
from app.speech import both
from catalog.settings import Settings


@click.command(
    help=both(
        "Load records from files, folders or standard input (-). Loading again changes nothing.",
        "从文件、文件夹或标准输入（-）载入记录。重复载入不会产生变化。",
    )
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--source", default="local", show_default=True, help=both("Whose records these are.", "记录的来源名称。"))
@click.option(
    "--policy",
    type=click.Choice(["member", "harvest", "operator"]),
    default="member",
    show_default=True,
    help=both(
        "What keeps a record out: any violation (member), or only what is unsafe.",
        "拒收规则：任何违规（member），或仅拒收不安全内容。",
    ),
)
@click.option(
    "--visibility",
    type=click.Choice(["public", "members", "draft"]),
    help=both("Who may see them; without it public, or as before.", "可见范围；默认为公开，已有记录保持不变。"),
)
@click.option("--format", "form", help=both("Format, where the name does not tell.", "格式；文件名无法判断时使用。"))
@click.option("--demo", is_flag=True, help=both("Load the demonstration space.", "载入示范空间。"))
@click.option("--dry-run", is_flag=True, help=both("Check only; store nothing.", "仅检查，不保存。"))
@as_json
@settings_options
def load(  # noqa: PLR0913 - one parameter for each option
    settings: Settings,
    paths: tuple[Path, ...],
    demo: bool,
    as_json: bool,
    source: str,
    policy: str,
    visibility: str | None,
    form: str | None,
    dry_run: bool,
) -> None:
    """Load everything, say what was rejected and why, and sum up; exit code 1 where anything was rejected."""
    if not paths and not demo:
        raise click.UsageError(both("Name a file, a folder, - or --demo.", "请指定文件、文件夹、- 或 --demo。"))
    parameters = {"source": source, "policy": policy, "visibility": visibility, "format": form, "dry_run": dry_run}
    sources = [*(demonstration() if demo else []), *iter_sources(paths, parameters)]
    try:
        with open_client(settings) as client:
            counts = load_all(client, sources, lines=as_json)
    except KeyboardInterrupt:
        message = both(
            "Stopped. What was loaded so far is kept. To go on, give the same command again: records that are there "
            "already are passed over as unchanged.",
            "已停止，此前载入的记录均已保存。若要继续，请再次执行同一命令：已有的记录会作为“未变”跳过。",
        )
        click.echo("\n" + message, err=True)
        sys.exit(130)
    sys.exit(1 if counts["rejected"] else 0)

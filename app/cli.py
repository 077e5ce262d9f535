"""The command ``spacecat``. Nothing heavy is imported before a command runs: help comes at once."""

from __future__ import annotations

from importlib.metadata import version

import click

from app.commands.loading import load
from app.commands.reading import export, query, search, show, stats
from app.commands.upkeep import completion, doctor, reindex, serve
from app.speech import both


class _Commands(click.Group):
    """Commands in the order in which one comes to need them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Commands,
    help=both("The semantic catalogue for trusted data spaces.", "面向可信数据空间的语义目录。"),
    epilog=both("Start with: spacecat serve --demo", "可以这样开始：spacecat serve --demo"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help=both("Language of the output.", "输出的语言。"))
@click.version_option(version("spacecat"), prog_name="spacecat")
def main(lang: str | None) -> None:
    """Group of all commands; ``speech`` has read ``--lang`` already."""


for command in (serve, load, search, show, query, export, reindex, stats, doctor, completion):
    main.add_command(command)

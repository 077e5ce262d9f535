"""Commands that keep the catalogue going: serve, reindex, doctor, completion."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from app.commands.options import as_json, say_json, settings_options
from app.speech import both
from catalog.settings import Settings

if TYPE_CHECKING:
    from app.checkup import Check


@click.command(help=both("Serve pages, API and SPARQL until stopped.", "启动服务：页面、接口和 SPARQL，直到停止。"))
@click.option(
    "--demo",
    is_flag=True,
    help=both("Load the demonstration space if there is nothing yet.", "目录为空时载入示范空间。"),
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=16,
    show_default=True,
    help=both("Requests that are answered at the same time.", "同时处理的请求数。"),
)
@settings_options
def serve(settings: Settings, demo: bool, threads: int) -> None:
    """Serve with one process that owns the data folder."""
    from app.serving import run_service

    run_service(settings, demo=demo, threads=threads)


@click.command(help=both("Build the search index anew; a service goes on answering.", "重建搜索索引，服务不中断。"))
@as_json
@settings_options
def reindex(settings: Settings, as_json: bool) -> None:
    """Build the index anew and say how many records it holds then."""
    import json

    from app.client import API, open_client

    with open_client(settings) as client:
        reply = client.stream("POST", f"{API}/reindex", {"wait": True})
        status = json.loads(reply.read())
    if as_json:
        say_json(status)
    else:
        click.echo(both("Records indexed: ", "已索引记录：") + str(status["index"]["records"]))


_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "trouble": ("✗", "red")}


@click.command(
    help=both(
        "Check settings, data folder and engines; say how to mend.", "检查设置、数据文件夹和引擎，并给出修复办法。"
    )
)
@as_json
@settings_options
def doctor(settings: Settings, as_json: bool) -> None:
    """Check everything that usually goes wrong; exit code 1 where something did."""
    from app.checkup import iter_checks

    checks = []
    for check in iter_checks(settings):
        checks.append(check)
        if not as_json:
            _say(check)
    if as_json:
        say_json([check.as_json() for check in checks])
    sys.exit(1 if any(check.state == "trouble" for check in checks) else 0)


def _say(check: Check) -> None:
    mark, colour = _MARKS[check.state]
    click.secho(f"{mark} {check.title}{both(': ', '：')}{check.finding}", fg=colour)
    if check.remedy:
        click.echo(f"    {check.remedy}")


@click.command(
    help=both(
        "Print the completion script of a shell; put it where the shell reads it at the start, for bash:\n\n"
        '    eval "$(spacecat completion bash)"',
        '输出命令补全脚本；请加入 shell 的启动文件，例如 bash：\n\n    eval "$(spacecat completion bash)"',
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options and values."""
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(root, {}, "spacecat", "_SPACECAT_COMPLETE").source())

"""What commands share: settings as flags, output for programs, and errors as words and exit codes."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from app.client import ProblemError
from app.speech import LANGUAGE, both
from catalog.errors import SpacecatError
from catalog.settings import Settings, load_settings

EXIT_CODES: dict[int, tuple[str, str]] = {
    0: ("done", "成功"),
    1: ("done, but some records were rejected or a check failed", "已完成，但有记录被拒绝或检查未通过"),
    2: ("the command line is wrong", "命令行有误"),
    3: ("what was given is at fault: syntax, parameter, identifier, setting", "输入有误：语法、参数、标识符或设置"),
    4: ("there is nothing there", "目标不存在"),
    5: ("somebody else holds or changed it", "被占用或已被他人更改"),
    6: ("the right to do it is missing", "没有相应权限"),
    7: ("a limit was reached", "超出限制"),
    8: ("an engine or the service does not answer", "引擎或服务没有响应"),
    130: ("interrupted by Ctrl-C", "被 Ctrl-C 中断"),
}
"""What each exit code means; ``docs/cli.md`` shows the table."""

Command = Callable[..., Any]


def settings_options(command: Command) -> Command:
    """Give a command ``--config``, ``--data`` and a flag for every other setting; it receives ``settings``.

    Only ``serve`` and ``doctor`` show the flags in their help: there they matter.
    """

    @functools.wraps(command)
    def with_settings(*args: Any, config: Path | None, lang: str | None, **values: Any) -> Any:
        names = [spec.name for spec in fields(Settings)]
        flags = {name: values.pop(name) for name in names}
        flags = {name: list(value) or None if isinstance(value, tuple) else value for name, value in flags.items()}
        with saying_errors():
            return command(*args, settings=load_settings(config, flags), **values)

    shown = command.__name__ in ("serve", "doctor")
    decorated: Any = with_settings
    for spec in reversed(fields(Settings)):
        if spec.name != "data_dir":
            flag = "--" + spec.name.replace("_", "-")
            many = isinstance(spec.default, tuple)
            text = both(spec.metadata["en"], spec.metadata["zh"])
            decorated = click.option(flag, spec.name, multiple=many, help=text, hidden=not shown)(decorated)
    decorated = click.option(
        "--lang", type=click.Choice(["en", "zh"]), help=both("Language of the output.", "输出的语言。")
    )(decorated)
    decorated = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=both(
            "Settings file (TOML); without it spacecat.toml here.",
            "设置文件（TOML）；默认使用当前目录的 spacecat.toml。",
        ),
    )(decorated)
    data_help = both("Folder that holds the catalogue.", "存放目录数据的文件夹。")
    decorated = click.option("--data", "data_dir", type=click.Path(path_type=Path), help=data_help)(decorated)
    return decorated  # type: ignore[no-any-return]


as_json = click.option(
    "--json", "as_json", is_flag=True, help=both("Write JSON, for programs.", "输出 JSON，供程序读取。")
)
public = click.option("--public", is_flag=True, help=both("See only what the public sees.", "只看公众可见的内容。"))


def say_json(value: Any) -> None:
    """Write a value as JSON for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def saying_errors() -> Iterator[None]:
    """Say errors in words on standard error and leave with the exit code that tells programs the same."""
    try:
        yield
    except SpacecatError as error:
        from app.errors import exit_code_of, explain

        fail(explain(error.code, error.params, LANGUAGE, error.where), exit_code_of(error))
    except ProblemError as error:
        fail(str(error.body.get("detail") or error.body.get("title") or error.status), error.exit_code)
    except KeyboardInterrupt:
        fail(both("Interrupted.", "已中断。"), 130)
    except BrokenPipeError:
        # Whoever reads our output has seen enough; Python must not try to flush into the closed pipe at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        fail(str(error), 3)


def fail(message: str, exit_code: int) -> None:
    """Say what went wrong and end."""
    click.secho(message, fg="red", err=True)
    sys.exit(exit_code)

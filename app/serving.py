"""The service: one worker process that owns the data folder, and threads in it that answer.

An embedded store belongs to one process, so the catalogue is opened in the worker and nowhere else.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.speech import LANGUAGE, both
from catalog.errors import ConflictError, SpacecatError
from catalog.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

_SHORTEST_LIFE_S = 10.0
"""Seconds that a worker must have lived to be started again: one that dies at once would do so for ever."""


def run_service(settings: Settings, *, demo: bool, threads: int) -> None:
    """Serve until SIGTERM or Ctrl-C; ends the process with the exit code of what went wrong at the start.

    Raises ``ConflictError`` (``port-in-use``) where somebody else listens already.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _check_port(settings)
    failure: Synchronized[int] = multiprocessing.Value("i", 0)
    while True:
        started = time.monotonic()
        server = Granian(
            "app.serving",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=threads,
            log_level=LogLevels.critical,
        )
        loader = partial(_open_application, settings, demo, threads, (failure, os.getpid()))
        try:
            server.serve(target_loader=loader, wrap_loader=False)
        except SystemExit as end:
            if failure.value or time.monotonic() - started < _SHORTEST_LIFE_S:
                sys.exit(failure.value or end.code)
            click.echo(
                both("The service ended unexpectedly; starting it again.", "服务意外终止，正在重新启动。"), err=True
            )
        else:
            return


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise ConflictError("port-in-use", where=where, detail=error.strerror) from error


def _open_application(settings: Settings, demo: bool, threads: int, watch: tuple[Synchronized[int], int]) -> Flask:
    """Open the catalogue in the worker process and return the application over it."""
    from app.errors import exit_code_of, explain

    failure, parent = watch
    threading.Thread(target=_leave_with, args=(parent,), name="parent", daemon=True).start()
    try:
        return _opened(settings, demo, threads)
    except SpacecatError as error:
        failure.value = exit_code_of(error)
        click.secho(explain(error.code, error.params, LANGUAGE, error.where), fg="red", err=True)
        sys.exit(failure.value)


def _leave_with(parent: int) -> None:
    """End this process when its parent was killed: it would go on holding port and data folder unseen."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def _opened(settings: Settings, demo: bool, threads: int) -> Flask:
    from app.compose import open_catalogue
    from app.web import create_app

    opening = open_catalogue(settings)
    catalogue = opening.__enter__()
    # The worker leaves through multiprocessing's exit, which runs finalizers, not atexit functions.
    Finalize(None, opening.__exit__, args=(None, None, None), exitpriority=10)
    app = create_app(catalogue, threads)
    if demo and catalogue.ledger.position() == 0:
        _load_demo(app, settings)
    note = settings.data_dir / "service.json"
    url = service_url(settings)
    _write_whole(note, json.dumps({"url": url, "pid": os.getpid()}))
    Finalize(None, note.unlink, kwargs={"missing_ok": True}, exitpriority=20)
    _say_where(settings, url)
    return app


def _load_demo(app: Any, settings: Settings) -> None:
    from app.client import Client, WsgiTransport
    from app.loading import demonstration, load_all

    click.echo(both("Loading the demonstration space …", "正在载入示范空间……"))
    token = settings.operator_token or (settings.data_dir / "operator-token").read_text(encoding="ascii").strip()
    load_all(Client(WsgiTransport(app), token), demonstration())


def service_url(settings: Settings) -> str:
    """Return the address under which this machine reaches the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{host}:{settings.port}"


def _write_whole(path: Path, text: str) -> None:
    partial_path = path.with_suffix(".partial")
    partial_path.write_text(text, encoding="utf-8")
    partial_path.replace(path)


def _say_where(settings: Settings, url: str) -> None:
    token = both("in the settings", "见设置") if settings.operator_token else str(settings.data_dir / "operator-token")
    for label, value in (
        (both("Pages", "页面"), url + "/"),
        (both("API", "接口"), url + "/api/v1/"),
        (both("SPARQL", "SPARQL"), url + "/sparql"),
        (both("Operator's token", "运营方令牌"), token),
    ):
        click.echo("  " + label + both(": ", "：") + value)
    if settings.base_iri != url + "/":
        said = both(
            "IRIs here begin with %s; requests for them must be led to this service.",
            "此处的 IRI 以 %s 开头，对它们的请求须转到本服务。",
        )
        click.echo(said % settings.base_iri)
    click.echo(both("Ctrl-C stops the service.", "按 Ctrl-C 停止服务。"))
    sys.stdout.flush()

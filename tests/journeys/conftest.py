"""The demonstration space, served, and a headless Chromium to walk through it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commands.loading import demonstration
from app.compose import open_catalogue
from app.web import create_app
from catalog.importing import Importer, find_documents
from catalog.intake import Status
from catalog.model import Registration, Visibility
from catalog.settings import Settings

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPERATOR = "operator-of-the-journey"
Browse = Callable[..., Any]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demonstration space; gives the address without a slash at its end."""
    from werkzeug.serving import make_server

    settings = Settings(data_dir=tmp_path_factory.mktemp("journey"), operator_token=OPERATOR)
    with open_catalogue(settings) as catalogue:
        with Importer(catalogue, "mappings.formats") as importer:
            for source in demonstration():
                assert source.path is not None
                visibility = Visibility(source.parameters.get("visibility") or Visibility.PUBLIC)
                registration = Registration("operator", "urn:spacecat:source:demo", visibility, "member")
                documents = find_documents(source.path, base=settings.base_iri)
                outcomes = list(importer.import_documents(documents, registration))
                assert {outcome.status for outcome in outcomes} == {Status.CREATED}, source.path
        pause = threading.Event()
        while catalogue.index.progress().vectors_missing:
            pause.wait(0.05)
        server = make_server("127.0.0.1", 0, create_app(catalogue), threaded=True)
        thread = threading.Thread(target=server.serve_forever, name="server")
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Browse]:
    """Give what starts a browser: ``browse("zh", width=390, scripts=False)``; each has a profile of its own."""
    from selenium import webdriver

    started: list[webdriver.Chrome] = []

    def start(language: str = "en", width: int = 1440, scripts: bool = True) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        profile = tmp_path / f"profile-{len(started)}"
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},1000", f"--lang={language}"):
            options.add_argument(flag)
        downloads = tmp_path / "downloads"
        downloads.mkdir(exist_ok=True)
        options.add_experimental_option(
            "prefs",
            {
                "intl.accept_languages": language,
                "download.default_directory": str(downloads),
                "download.prompt_for_download": False,
                "profile.managed_default_content_settings.javascript": 1 if scripts else 2,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        browser.set_page_load_timeout(60)
        started.append(browser)
        return browser

    yield start
    for browser in started:
        browser.quit()

"""The command line as people and scripts use it, in process and beside a running service."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.client import find_service
from app.commands.options import EXIT_CODES
from app.commands.reading import display_width, pad
from app.errors import OUTCOMES
from app.loading import demonstration
from tests.app.conftest import BASE, SPACE

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from app.cli import main; main(prog_name='spacecat')"]
QUICK = ["--embedder", "none"]
UNTITLED = (
    '<http://x.example/d> a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/description> "?"@en .'
)


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="spacecat")


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), **more}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options that name a data folder with the public records of the small space in it."""
    folder = ["--data", str(tmp_path_factory.mktemp("cli") / "data"), *QUICK]
    result = run("load", str(SPACE / "public.ttl"), str(SPACE / "policies.ttl"), *folder)
    assert result.exit_code == 0, result.output
    assert result.stdout == "8 created, 0 updated, 0 unchanged, 0 rejected\n"
    drafts = run("load", str(SPACE / "drafts.ttl"), "--visibility", "draft", *folder)
    assert drafts.exit_code == 0, drafts.output
    return folder


def test_help_comes_at_once() -> None:
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*PROGRAM, "--help"], check=True, capture_output=True, env=environment(), cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.4


@pytest.mark.parametrize(
    ("language", "by"), [("zh", {"LC_ALL": "zh_CN.UTF-8"}), ("zh", {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN"})]
)
def test_it_speaks_the_language_of_the_terminal(language: str, by: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "load", "--help"], capture_output=True, env=environment(**by), cwd=ROOT, check=True
    )
    assert "重复载入不会产生变化" in done.stdout.decode()
    told = subprocess.run(
        [*PROGRAM, "--lang", "zh", "show", "x", "--data", "/dev/null/x"],
        capture_output=True,
        env=environment(),
        cwd=ROOT,
        check=False,
    )
    assert told.returncode == 3


def test_every_exit_code_of_an_error_is_explained() -> None:
    assert {code for _, code in OUTCOMES.values()} <= set(EXIT_CODES)


def test_the_guide_names_every_command_and_exit_code() -> None:
    guide = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"`spacecat {name}`" not in guide] == []
    assert [code for code, (en, zh) in EXIT_CODES.items() if f"| {code} | {en} | {zh} |" not in guide] == []


def test_a_wrong_command_line_is_code_2(tmp_path: Path) -> None:
    assert run("load").exit_code == 2
    assert run("search", "--size", "0").exit_code == 2
    assert run("search", "--filter", "colour=red", "--data", str(tmp_path)).exit_code == 2


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    result = run("stats", "--data", str(tmp_path), "--port", "eighty")
    assert result.exit_code == 3
    assert "port" in result.stderr


def test_loading_again_changes_nothing(data: list[str]) -> None:
    result = run("load", str(SPACE / "public.ttl"), *data)
    assert (result.exit_code, result.stdout) == (0, "0 created, 0 updated, 7 unchanged, 0 rejected\n")


def test_a_rejected_record_is_explained_and_does_not_stop_others(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ttl").write_text(UNTITLED)
    (tmp_path / "in" / "b.ttl").write_bytes((SPACE / "public.ttl").read_bytes())
    (tmp_path / "in" / "notes.docx").write_text("not a document of ours")
    result = run("load", str(tmp_path / "in"), "--data", str(tmp_path / "data"), *QUICK)
    assert result.exit_code == 1
    assert result.stdout == "7 created, 0 updated, 0 unchanged, 1 rejected\n"
    assert "a.ttl" in result.stderr
    assert "http://x.example/d" in result.stderr
    assert "title" in result.stderr


def test_outcomes_are_lines_for_programs_and_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "data"), *QUICK]
    result = run("load", "-", "--json", "--dry-run", *options, stdin=UNTITLED)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, lines[0]["status"]) == (1, "rejected")
    assert json.loads(run("stats", "--json", *options).stdout)["total"] == 0


def test_a_folder_with_nothing_to_load_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("load", str(tmp_path / "empty"), "--data", str(tmp_path / "data"), *QUICK)
    assert result.exit_code == 3
    assert ".ttl" in result.stderr


def test_search_is_for_people_and_programs(data: list[str]) -> None:
    people = run("search", "电池碳足迹", *data)
    assert people.stdout.startswith("Carbon footprint of battery cells\n")
    assert "电池碳足迹" in people.stdout
    programs = json.loads(run("search", "--filter", "kind=scenario", "--json", *data).stdout)
    assert [hit["iri"] for hit in programs["hits"]] == [BASE + "id/scenario/battery-passport"]


def test_the_public_view_hides_what_the_operator_sees(data: list[str]) -> None:
    totals = [json.loads(run("stats", "--json", *data, *more).stdout)["total"] for more in ([], ["--public"])]
    assert totals == [9, 8]


@pytest.mark.parametrize("name", ["RC-LCA-2023-07", BASE + "id/dataset/cell-footprint"])
def test_a_record_is_shown_by_any_of_its_names(data: list[str], name: str) -> None:
    result = run("show", name, *data)
    assert result.exit_code == 0
    assert result.stdout.startswith("Carbon footprint of battery cells\n")
    record = json.loads(run("show", name, "--json", *data).stdout)
    for other in (record["id"], record["code"], record["record"]):
        assert json.loads(run("show", other, "--json", *data).stdout)["id"] == record["id"]
    assert "dcat:Dataset" in run("show", name, "--format", "ttl", *data).stdout


def test_what_is_not_there_is_code_4_and_an_unclear_name_5(data: list[str]) -> None:
    assert run("show", "nothing", *data).exit_code == 4
    assert run("show", "urn:nothing", *data).exit_code == 4
    unclear = run("show", "SHARED-1", *data)
    assert unclear.exit_code == 5
    assert "tram-delays" in unclear.stderr


SCENARIOS = (
    "SELECT ?s ?t { ?s a <https://w3id.org/spacecat/ns#Scenario> ; <http://purl.org/dc/terms/title> ?t } ORDER BY ?t"
)


def test_a_query_is_answered_as_table_and_in_formats(data: list[str], tmp_path: Path) -> None:
    table = run("query", SCENARIOS, *data)
    lines = table.stdout.splitlines()
    assert (table.exit_code, lines[0].split()) == (0, ["s", "t"])
    assert lines[1].endswith("Battery passport")
    (tmp_path / "q.rq").write_text(SCENARIOS)
    assert run("query", "--file", str(tmp_path / "q.rq"), "--format", "csv", *data).stdout.startswith("s,t")
    answer = json.loads(run("query", "-", "--json", *data, stdin=SCENARIOS).stdout)
    assert len(answer["results"]["bindings"]) == 2
    turtle = run("query", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1", "--format", "ttl", *data)
    assert (turtle.exit_code, "<" in turtle.stdout) == (0, True)
    assert json.loads(run("query", "ASK {}", "--format", "json", *data).stdout)["boolean"] is True


def test_a_query_sees_drafts_only_as_the_operator(data: list[str]) -> None:
    drafts = 'ASK { ?r <https://w3id.org/spacecat/ns#visibility> "draft" }'
    seen = [json.loads(run("query", drafts, "--json", *data, *more).stdout)["boolean"] for more in ([], ["--public"])]
    assert seen == [True, False]


def test_a_wrong_query_says_why(data: list[str]) -> None:
    result = run("query", "SELEC ?s", *data)
    assert result.exit_code == 3
    assert result.stderr


def test_export_writes_whole_files(data: list[str], tmp_path: Path) -> None:
    file = tmp_path / "all.nq"
    assert run("export", "--format", "nquads", "-o", str(file), *data).exit_code == 0
    assert "planned-recycling" in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["all.nq"]
    assert "planned-recycling" not in run("export", "--format", "nquads", "--public", *data).stdout
    one = run("export", "RC-LCA-2023-07", "--format", "croissant", *data)
    assert json.loads(one.stdout)["name"]
    assert run("export", "--format", "docx", *data).exit_code == 3


def test_reindex_and_doctor_say_how_it_is(data: list[str]) -> None:
    assert "9" in run("reindex", *data).stdout
    doctor = run("doctor", "--json", *data)
    checks = {check["name"]: check for check in json.loads(doctor.stdout)}
    assert doctor.exit_code == 0
    assert {check["state"] for check in checks.values()} <= {"ok", "warning"}
    assert checks["graphs"]["state"] == checks["index"]["state"] == checks["ledger"]["state"] == "ok"


def test_doctor_finds_trouble_and_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    result = run("doctor", "--json", "--data", str(tmp_path), *QUICK)
    assert result.exit_code == 1
    ledger = next(check for check in json.loads(result.stdout) if check["name"] == "ledger")
    assert (ledger["state"], bool(ledger["remedy"])) == ("trouble", True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_SPACECAT_COMPLETE" in result.stdout


def test_completion_completes() -> None:
    asked = environment(_SPACECAT_COMPLETE="bash_complete", COMP_WORDS="spacecat se", COMP_CWORD="1")
    done = subprocess.run(PROGRAM, capture_output=True, env=asked, cwd=ROOT, check=False)
    assert set(done.stdout.decode().split()) == {"plain,serve", "plain,search"}


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    command = [*PROGRAM, "load", "-", "--data", str(tmp_path / "data"), *QUICK]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    ) as process:
        wait_until(lambda: (tmp_path / "data" / "secret-key").exists())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"same command again" in told


def test_the_demonstration_begins_with_participants() -> None:
    sources = demonstration()
    assert sources[0].name == "participants.ttl"
    visibility = {Path(source.name).stem: source.parameters["visibility"] for source in sources}
    assert (visibility["members"], visibility["drafts"], visibility["battery"]) == ("members", "draft", None)


def test_wide_characters_take_two_columns() -> None:
    assert display_width("碳a") == 3
    assert pad("碳", 4) == "碳  "


def wait_until(done: object, seconds: float = 60.0) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if done():  # type: ignore[operator]
            return
        pause.wait(0.1)
    raise AssertionError("waited in vain")


def answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url + "/api/v1/", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[str], str]]:
    folder = tmp_path_factory.mktemp("service") / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = folder.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*PROGRAM, "serve", "--data", str(folder), "--port", str(port), *QUICK],
            stdout=output,
            stderr=output,
            env=environment(),
            cwd=ROOT,
        )
    try:
        wait_until(lambda: process.poll() is not None or answers(url))
        assert process.poll() is None, log.read_text()
        assert url in log.read_text()
        yield ["--data", str(folder), *QUICK], url
    finally:
        process.terminate()
        process.wait(30)
    assert process.returncode == 0, log.read_text()
    assert find_service(folder) is None
    assert not (folder / "service.json").exists()


def test_commands_reach_the_service(service: tuple[list[str], str]) -> None:
    options, url = service
    assert find_service(Path(options[1])) == url
    loaded = run("load", str(SPACE / "public.ttl"), *options)
    assert (loaded.exit_code, loaded.stdout) == (0, "7 created, 0 updated, 0 unchanged, 0 rejected\n")
    rejected = run("load", "-", *options, stdin=UNTITLED)
    assert rejected.exit_code == 1
    assert json.loads(run("stats", "--json", *options).stdout)["total"] == 7
    assert run("show", "RC-LCA-2023-07", *options).exit_code == 0
    assert run("show", "nothing", *options).exit_code == 4
    assert run("doctor", *options).exit_code == 0
    text = run("export", "--format", "turtle", *options).stdout
    assert "cell-footprint" in text


def test_a_second_service_is_refused(service: tuple[list[str], str]) -> None:
    options, url = service
    taken = run("serve", *options, "--port", url.rsplit(":", 1)[1])
    assert taken.exit_code == 5
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*PROGRAM, "serve", *options, "--port", str(port)]
    done = subprocess.run(command, capture_output=True, env=environment(), cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 5, done.stderr
    assert b"in use" in done.stderr

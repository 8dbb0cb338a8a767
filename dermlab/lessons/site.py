"""Runs the notebooks, each from a fresh kernel in its own process, and builds the site."""

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent import futures
from importlib import metadata
from pathlib import Path

import dermlab
from dermlab.errors import InputError
from dermlab.lessons import pages, profiles
from dermlab.text import listing

CELL_TIMEOUT = 300  # seconds
POLL = 0.2  # seconds between two looks at a kernel's memory
KEPT_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")
Progress = Callable[[float, str], None]


def run(
    *,
    only: Iterable[str] | None = None,
    fresh: bool = False,
    notebooks: Path | str = "notebooks",
    out: Path | str = "build/site",
    progress: Progress | None = None,
) -> list[dict]:
    """Run every notebook and write its executed copy, its page and its record under ``out``.

    ``only`` names notebooks by stem or number ("03"). A notebook is re-used when itself, the
    package with its data, and all installed versions are as they were; ``fresh`` forbids that.
    ``progress(done, text)`` hears the share done, in [0, 1], and what is running.

    Returns one dict a notebook: ``name``, ``status`` ("run", "reused" or "failed"), ``seconds``
    and ``peak_mb`` (of its kernel, when it ran), ``error`` (a sentence, or None). A failing
    notebook does not stop the others: its page is written with a banner.
    """
    paths = choose(notebooks, only)
    books = [read(path) for path in paths]
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    _forget_all_but({path.stem for path in choose(notebooks)}, out)
    environment = environment_checksum()
    results = []
    for position, (path, notebook) in enumerate(zip(paths, books, strict=True)):

        def tell(share: float, text: str, position: int = position) -> None:
            if progress:
                progress((position + share) / len(paths), text)

        results.append(_run_one(path, notebook, out, environment, fresh, tell))
    return results


def build_index(results: list[dict], out: Path | str) -> Path:
    """Write ``index.html``: the lessons of ``results``, and those that earlier runs left there.

    Links ``report.html`` of the folder above if it is there, so build the report first.
    """
    out = Path(out)
    records = [_read_record(path) for path in out.glob("*.json")]
    earlier = {r["name"]: {**_without_key(r), "earlier": True} for r in records if r}
    lessons = {**earlier, **{result["name"]: result for result in results}}
    rows = []
    for name in sorted(lessons):
        notebook = read(out / f"{name}.ipynb")
        about = {"title": pages.title(notebook), "opening": pages.opening(notebook)}
        rows.append({**lessons[name], **about})
    report = "../report.html" if (out.parent / "report.html").exists() else None
    path = out / "index.html"
    path.write_text(pages.index_html(rows, report=report), encoding="utf-8")
    return path


def execute(path: Path | str):
    """The notebook at ``path``, executed from a fresh kernel and stripped; it must not fail."""
    path = Path(path)
    notebook = read(path)
    error, _, _ = _run_cells(notebook, path, lambda share, text: None)
    if error:
        raise InputError(f"{path.name} failed: {error}")
    return strip(notebook)


def refresh(only: Iterable[str] | None = None, *, notebooks: Path | str = "notebooks") -> None:
    """Execute the notebooks in place; a second refresh on the same machine changes nothing."""
    import nbformat

    for path in choose(notebooks, only):
        nbformat.write(execute(path), path)
        print(f"refreshed {path.name}", flush=True)


def choose(notebooks: Path | str, only: Iterable[str] | None = None) -> list[Path]:
    """The notebooks of a folder in order, or those that ``only`` names by stem or number."""
    paths = sorted(Path(notebooks).glob("*.ipynb"))
    if not paths:
        raise InputError(
            f"There is no notebook in {notebooks}: run this in a checkout of dermlab, "
            "in the folder that holds notebooks/."
        )
    if not only:
        return paths
    wanted = list(only)
    fits = {w: [p for p in paths if p.stem == w or p.stem.startswith(f"{w}_")] for w in wanted}
    missing = [w for w in wanted if not fits[w]]
    if missing:
        raise InputError(
            f"No notebook is called {listing(missing)}; there are "
            f"{listing([p.stem for p in paths], len(paths))}."
        )
    return [path for path in paths if any(path in found for found in fits.values())]


def read(path: Path):
    """The notebook at ``path``, in the current version of the format."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a notebook: {str(error).splitlines()[0]}") from error


def strip(notebook):
    """Remove what differs between two equal runs: times, widget state, kernel details."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = type(notebook.metadata)(json.loads(json.dumps(KEPT_METADATA)))
    seen = set()
    for position, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags")
        cell.metadata = type(cell.metadata)({"tags": tags} if tags else {})
        if cell.get("id") is None or cell.id in seen:
            cell["id"] = hashlib.sha256(f"{position}{cell.source}".encode()).hexdigest()[:8]
        seen.add(cell.id)
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


def environment_checksum() -> str:
    """SHA-256 over the package's sources and data, the profile and all installed versions."""
    checksum = hashlib.sha256(f"{sys.version} {profiles.current().name}".encode())
    folder = Path(dermlab.__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            checksum.update(path.relative_to(folder).as_posix().encode())
            checksum.update(hashlib.sha256(path.read_bytes()).digest())
    installed = sorted(f"{d.name}=={d.version}" for d in metadata.distributions())
    checksum.update("\n".join(installed).encode())
    return checksum.hexdigest()


def _run_one(path, notebook, out: Path, environment: str, fresh: bool, tell: Progress) -> dict:
    import nbformat

    key = hashlib.sha256(environment.encode() + path.read_bytes()).hexdigest()
    page, record = out / f"{path.stem}.html", out / f"{path.stem}.json"
    earlier = _read_record(record)
    if not fresh and page.exists() and earlier.get("key") == key and earlier["status"] == "run":
        tell(1, f"{path.stem}: unchanged, re-used")
        return {**_without_key(earlier), "status": "reused"}
    record.unlink(missing_ok=True)
    error, seconds, peak_mb = _run_cells(notebook, path, tell)
    nbformat.write(strip(notebook), out / path.name)
    page.write_text(
        pages.to_html(notebook, folder=path.parent, out=out, error=error), encoding="utf-8"
    )
    result = {
        "name": path.stem,
        "status": "failed" if error else "run",
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb),
        "error": error,
    }
    record.write_text(json.dumps({**result, "key": key}, indent=1), encoding="utf-8")
    return result


def _read_record(path: Path) -> dict:
    """The record of an earlier run; empty where there is none, or an interrupted one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def _forget_all_but(names: set[str], out: Path) -> None:
    """Remove the records of notebooks that are gone, so that no index lists them."""
    for record in out.glob("*.json"):
        if record.stem not in names:
            record.unlink()


def _without_key(record: dict) -> dict:
    return {name: value for name, value in record.items() if name != "key"}


# ------------------------------------------------------------------------------ running


def _run_cells(notebook, path: Path, tell: Progress) -> tuple[str | None, float, float]:
    """Execute all cells in place; returns the error's sentence or None, seconds, peak MB.

    nbclient works in a thread: there it leaves SIGINT alone, so that Ctrl-C arrives here, and
    this thread is free to watch the kernel's memory.
    """
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:  # no output of an earlier run may stand behind a failed cell
        cell.outputs, cell.execution_count = [], None
    started = []
    manager = AsyncKernelManager(kernel_spec_manager=_this_python())
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=lambda cell, cell_index: started.append(cell),
    )
    begin, peak = time.perf_counter(), 0.0
    with futures.ThreadPoolExecutor(1) as pool:
        job = pool.submit(client.execute, cleanup_kc=True, env=_kernel_environment())
        try:
            while not futures.wait([job], timeout=POLL).done:
                peak = max(peak, _memory_mb(manager))
                tell(
                    len(started) / (len(code) + 1), f"{path.stem}: cell {len(started)}/{len(code)}"
                )
        except BaseException:
            _kill(manager)
            raise
    seconds = time.perf_counter() - begin
    tell(1, f"{path.stem}: done")
    return _sentence(job.exception(), len(started)), seconds, peak


def _this_python():
    """A kernel spec manager whose only kernel is the running Python, whatever is installed."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            command += ["--log-level=ERROR"]  # else a warning a kernel, about the loopback socket
            return KernelSpec(argv=command, display_name="Python 3", language="python")

    return ThisPython()


def _kernel_environment() -> dict[str, str]:
    """The environment without the real data: a lesson may only use what the course ships.

    Two heaps for all threads, as on Binder: TensorFlow's own many would take some 25 MB more.
    """
    kept = {name: value for name, value in os.environ.items() if name != "DERMLAB_DATA"}
    return {"MALLOC_ARENA_MAX": "2"} | kept


def _processes(manager) -> list:
    """The kernel's process and its descendants; none before it starts and after it ends."""
    import psutil

    pid = getattr(manager.provisioner, "pid", None)
    try:
        kernel = psutil.Process(pid) if pid else None
        return [kernel, *kernel.children(recursive=True)] if kernel else []
    except psutil.NoSuchProcess:
        return []


def _memory_mb(manager) -> float:
    import psutil

    total = 0
    for process in _processes(manager):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:  # ended since it was listed
            continue
    return total / 1e6


def _kill(manager) -> None:
    import psutil

    for process in _processes(manager):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _sentence(error: BaseException | None, number: int) -> str | None:
    """What went wrong, and where, for the exceptions that a notebook can cause."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    if error is None:
        return None
    if isinstance(error, CellTimeoutError):
        return f"In [{number}]: took longer than {CELL_TIMEOUT} s"
    if isinstance(error, DeadKernelError):
        return f"In [{number}]: the kernel died (often: out of memory)"
    if isinstance(error, CellExecutionError):
        lines = re.findall(rf"Cell In\[{number}\], line (\d+)", ANSI.sub("", error.traceback))
        where = f"In [{number}], line {lines[-1]}" if lines else f"In [{number}]"
        said = f"{error.ename}: {error.evalue}".splitlines()[0]
        return f"{where}: {said}".removesuffix(": ")
    raise error

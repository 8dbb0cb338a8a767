"""A notebook's cells in a fresh kernel: its error in a sentence, its seconds, its peak memory."""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent import futures
from pathlib import Path

from dermlab.lessons import kept

CELL_TIMEOUT = 300  # seconds
HEAPS = {  # of glibc, also in binder/start
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
}
POLL = 0.2  # seconds between two readings of a kernel's memory
ANSI = re.compile(r"\x1b\[[0-9;]*m")
Progress = Callable[[float, str], None]  # the share done, in [0, 1], and what is running


def run_cells(notebook, path: Path, tell: Progress) -> tuple[str | None, float, float]:
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
    with tempfile.TemporaryDirectory() as home, futures.ThreadPoolExecutor(1) as pool:
        job = pool.submit(client.execute, cleanup_kc=True, env=_kernel_environment(home))
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


def _kernel_environment(home: str) -> dict[str, str]:
    """The environment without the real data: a lesson may only use what the course ships.

    Nor does it see what a student answered: ``home`` is an empty folder in that one's place.
    Memory is given back as on Binder (``binder/start``): TensorFlow's own many heaps, and large
    blocks that are kept, would take some 75 MB more.
    """
    given = {name: value for name, value in os.environ.items() if name != "DERMLAB_DATA"}
    return HEAPS | given | {kept.VARIABLE: home}


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

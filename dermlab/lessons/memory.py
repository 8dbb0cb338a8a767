"""On a server with little memory: a warning where one more lesson would end all kernels.

Binder's hub gives a session about 2 GB, and ends kernels without a word when more is used. How much
it gives stands in ``MEM_LIMIT`` (bytes), as every JupyterHub sets it; on Binder, where that is
missing, in the control group of the session.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

LESSON = 1_200_000_000  # bytes: what a lesson that trains a network needs
LIMIT, BINDER = "MEM_LIMIT", "BINDER_LAUNCH_HOST"  # variables of JupyterHub and of Binder
CGROUP = Path("/sys/fs/cgroup/memory.max")


def warn() -> None:
    """Print `warning` where it says something; at once silent outside of a notebook's kernel."""
    if "ipykernel" not in sys.modules or (limit := given(os.environ)) is None:
        return
    if words := warning(limit, *_used()):
        print(words)


def given(variables: Mapping[str, str], cgroup: Path = CGROUP) -> int | None:
    """The server's memory in bytes; None where nothing limits it or nobody says how much it is."""
    if variables.get(LIMIT, "").isdigit():
        return int(variables[LIMIT])
    if BINDER not in variables or not cgroup.exists():
        return None
    words = cgroup.read_text(encoding="ascii").strip()
    return int(words) if words.isdigit() else None  # "max" is no limit


def warning(limit: int, server: int, kernels: Iterable[int]) -> str:
    """One sentence for a student; "" where one more lesson fits, or no kernel could be closed.

    ``limit``: the server's memory; ``server`` and ``kernels``: what the server itself and each of
    its other kernels use now. All in bytes.
    """
    others = list(kernels)
    used = server + sum(others)
    if not others or used + LESSON <= limit:
        return ""
    running = "another notebook is" if len(others) == 1 else f"{len(others)} other notebooks are"
    return (
        f"Careful: {running} still running, {_gb(used)} of the {_gb(limit)} GB of this server are "
        f"in use, and a lesson may need {_gb(LESSON)} more; with too little, the server ends all "
        "notebooks without a word, so first choose Kernel > Shut Down All Kernels, and then run "
        "this notebook from the top."
    )


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f}"


def _used() -> tuple[int, list[int]]:
    """Bytes that this kernel's server uses, and each of its other kernels."""
    import psutil

    server = psutil.Process().parent()
    if server is None:
        return 0, []
    return of_kernels(server, server.children(), os.getpid())


def of_kernels(server, processes: Iterable, me: int) -> tuple[int, list[int]]:
    """The memory of a ``server`` and of the kernels among its ``processes``, except ``me``.

    All as `psutil.Process`; a process that ends meanwhile, or that may not be read, counts nothing.
    """
    kernels = [each for each in processes if each.pid != me and _is_kernel(each)]
    return _resident(server), [_resident(each) for each in kernels]


def _is_kernel(process) -> bool:
    import psutil

    try:
        return any("ipykernel" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _resident(process) -> int:
    import psutil

    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0

"""A folder held by one process: the system's lock, and who holds it."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dermlab import files
from dermlab.errors import InputError

if TYPE_CHECKING:
    from filelock import FileLock

LOCK, HOLDER = ".dermlab.lock", ".dermlab.holder.json"


@contextlib.contextmanager
def alone(folder: str | Path, *, patience: float = 0) -> Iterator[None]:
    """Hold ``folder``, made where it is missing, until the with statement ends.

    InputError where another process holds it, for longer than ``patience`` (seconds): which, and
    since when. The lock is the system's, so that a killed process leaves none behind.
    """
    from filelock import FileLock, Timeout

    folder = Path(folder)
    with files.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise InputError(
                f"{folder} is in use by {_holder(folder)}: wait until it has ended, or name "
                "another folder."
            ) from None
    try:
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        files.write_json(folder / HOLDER, {"pid": os.getpid(), "since": since})
        yield
    finally:
        _delete(folder / HOLDER)
        let_go(lock)


def let_go(lock: "FileLock") -> None:
    """Release a lock and leave no file of it.

    It is deleted while it is held: who waits for the deleted file notices, and takes a new one.
    """
    _delete(Path(lock.lock_file))  # Windows deletes no open file, but filelock does it there
    lock.release()


def _holder(folder: Path) -> str:
    try:
        about = files.read_json(folder / HOLDER, cure="-")
        return f"process {about['pid']} (since {about['since']})"
    except (InputError, KeyError):  # it took the lock a moment ago
        return "another process"


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that fails has said so before
        path.unlink(missing_ok=True)

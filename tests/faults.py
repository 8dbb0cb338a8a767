"""A process that stops, or a disk that fills, at every change of a folder in turn."""

import builtins
import contextlib
import errno
import io
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import cli, locks
from dermlab.errors import InputError

LOCKS = (locks.LOCK, ".lock")  # the system's locks: a killed process leaves none held


class Killed(BaseException):
    """The end of a process: nothing that follows reaches the disk."""


class Faults:
    """Counts what changes files under ``root``, and stops at change number ``at``.

    ``how`` is "kill" (what is not on the disk yet is torn in half, and nothing more is written),
    "full" (every write from there on fails, but deleting does not) or "kill -9", in earnest.
    """

    NAMES = ("replace", "rename", "unlink", "truncate", "link", "mkdir")

    def __init__(self, root: Path, at: int = 0, how: str = "kill"):
        self.root, self.at, self.how = str(root), at, how
        self.count, self.stopped, self.sizes = 0, False, {}
        self.open, self.fsync = io.open, os.fsync
        self.calls = {name: getattr(os, name) for name in self.NAMES}

    def __enter__(self):
        for name in self.NAMES:
            setattr(
                os, name, lambda path, *rest, name=name, **more: self._call(name, path, rest, more)
            )
        os.fsync, io.open, builtins.open = self._fsync, self._open, self._open
        return self

    def __exit__(self, *_):
        for name, call in self.calls.items():
            setattr(os, name, call)
        os.fsync, io.open, builtins.open = self.fsync, self.open, self.open

    def _call(self, name, path, rest, more):
        if self._counts(path):
            self._event(name)
        return self.calls[name](path, *rest, **more)

    def _open(self, path, mode="r", *rest, **more):
        writes = self._counts(path) and set(mode) & set("wxa+")
        if writes:
            self._event("open")
        file = self.open(path, mode, *rest, **more)
        if writes:
            self.sizes[file.fileno()] = (path, os.fstat(file.fileno()).st_size)
        return file

    def _fsync(self, number):
        if number in self.sizes:
            path, before = self.sizes[number]
            size = os.fstat(number).st_size
            self._event(
                "fsync", tear=lambda: self.calls["truncate"](path, before + (size - before) // 2)
            )
        return self.fsync(number)

    def _counts(self, path):
        is_path = isinstance(path, str | Path)
        return is_path and str(path).startswith(self.root) and not str(path).endswith(LOCKS)

    def _event(self, name, tear=None):
        if self.how == "full":
            return self._full(name)
        self.count += 1
        if self.stopped or self.count == self.at:
            if tear and not self.stopped:
                tear()
            self.stopped = True
            if self.how == "kill -9":
                os.kill(os.getpid(), signal.SIGKILL)
            raise Killed

    def _full(self, name):
        if name in ("unlink", "truncate"):
            return
        self.count += 1
        moves = name in ("replace", "rename")  # which need no space, but at the first time
        if self.count == self.at or (self.stopped and not moves):
            self.stopped = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def trials(root, prepare, call, check, restart, how):
    """Stop ``call`` at each change in turn, then ``check``; how many positions there were."""
    at = 0
    while True:
        at += 1
        prepare()
        restart()
        with Faults(root, at, how) as faults, contextlib.suppress(Killed, InputError):
            call()
        if not faults.stopped:
            return at - 1
        restart()
        check(at)


def command(*arguments, finding=(0,)):
    """A call of the command that must end well, as a full disk or as bad input: no defect."""

    def call():
        assert cli.main([str(word) for word in arguments]) in (*finding, 2)

    return call


def temporary(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob(".dermlab-*.part")]


def emptied(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def broken_off_after_a_fold(words: list[str], out: Path, environment: dict[str, str]) -> None:
    """A command of several folds is killed when the first is done, and given again: it goes on."""
    fold = out / "run" / "fold-0"
    started = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + 240
    while not (fold / "predictions.csv.json").exists():
        if started.poll() is not None or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    started.kill()
    started.wait(30)
    assert (fold / "predictions.csv.json").exists() and not (out / "report.html").exists()
    kept = (fold / "history.csv").read_text()
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert (fold / "history.csv").read_text() == kept  # not trained again


def assert_same_answers(*outs: Path) -> None:
    """The runs in two folders predict the same images alike."""
    tables = [pd.read_csv(out / "run" / "predictions.csv") for out in outs]
    assert list(tables[0]["image"]) == list(tables[1]["image"])
    np.testing.assert_allclose(
        *(table.drop(columns="image").to_numpy() for table in tables), atol=1e-5
    )


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.faults import Faults
from dermlab import cli
with Faults(sys.argv[2], int(sys.argv[3]), "kill -9"):
    raise SystemExit(cli.main(sys.argv[4:]))
"""

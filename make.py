"""The verbs of this checkout, for machines with and without make: ``python make.py VERB``.

Needs nothing but a Python: what the verbs run lives in ``.venv``, which is made on first use.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
PYTHON = BIN / f"python{EXE}"
STAMP = VENV / "dermlab-install"
INSTALLING = "installing"
LOCK = ROOT / ".venv.lock"
PYTHONS = ((3, 11), (3, 12), (3, 13))
CACHES = ("build", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")
NBVAL = (
    "--nbval --nbval-current-env --nbval-cell-timeout 120 "
    "--nbval-sanitize-with tests/nbval.cfg -n 2 --dist loadscope notebooks"
)
PINS = "uv pip compile --universal --no-header --extra test pyproject.toml -o requirements.txt"
REFRESH = (
    "import sys; from dermlab.cli import console; from dermlab.lessons import run; "
    "sys.exit(console.run(lambda: run.refresh(sys.argv[1:])))"
)
RESULTS = (
    "import sys; from dermlab.cli import console; from dermlab.course import results; "
    "sys.exit(console.run(lambda: results.run(sys.argv[1:])))"
)


class Stop(Exception):
    """Ends the script with one sentence and exit status 2."""


def help_(args):
    """show this list"""
    print("make VERB  or, without make,  python make.py VERB\n")
    for name, verb in VERBS.items():
        print(f"  {name:<10}{verb.__doc__}")
    print('\nA verb\'s own options: make course ARGS="--only 03"')


def env(args):
    """install the pinned packages and dermlab into .venv, if anything has changed"""
    wanted = checksum()
    with one_at_a_time():
        install(wanted)


def install(wanted):
    state = STAMP.read_text() if STAMP.exists() else None
    if state == wanted and PYTHON.exists():
        return
    if state == INSTALLING or not has_pip():
        create()
    STAMP.write_text(INSTALLING)  # what a killed install leaves behind: it is made again
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install")
    call(*pip, "-r", "requirements.txt")
    call(*pip, "--no-deps", "-e", ".")
    STAMP.write_text(wanted)


def course(args):
    """run the notebooks; build build/site: the lessons and the report"""
    env([])
    call(BIN / f"dermlab{EXE}", "course", *args)


def test(args):
    """check style, imports, tests and notebooks, without the slowest tests"""
    run_stages(["-m", "not all", *args])


def test_all(args):
    """check the same with every test"""
    run_stages(args)


def lab(args):
    """open the notebooks in JupyterLab"""
    env([])
    call(PYTHON, "-m", "jupyterlab", *args, cwd=ROOT / "notebooks")


def refresh(args):
    """execute the notebooks in place, or those named: make refresh NAME=03"""
    env([])
    call(PYTHON, "-c", REFRESH, *args)


def results(args):
    """make a shipped result again: make results NAME=...; without NAME, list them"""
    env([])
    call(PYTHON, "-c", RESULTS, *args)


def pins(args):
    """compile requirements.txt from pyproject.toml, for all platforms (needs uv)"""
    if shutil.which("uv") is None:
        raise Stop("`pins` needs uv on the PATH: see docs.astral.sh/uv.")
    call(*PINS.split(), "--quiet", *args)


def clean(args):
    """remove build/ and the tools' caches; .venv stays"""
    for name in CACHES:
        if (ROOT / name).exists():
            shutil.rmtree(ROOT / name)


VERBS = {
    "help": help_,
    "env": env,
    "course": course,
    "test": test,
    "test-all": test_all,
    "lab": lab,
    "refresh": refresh,
    "results": results,
    "pins": pins,
    "clean": clean,
}


def checksum():
    """SHA-256 over what an install depends on: the two lists, and where this checkout stands."""
    parts = [str(ROOT).encode()]
    parts += [(ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@contextmanager
def one_at_a_time():
    """Wait while another process of this checkout installs: else the second would clear .venv.

    The lock is the system's, on an open file, so that a killed install leaves none behind.
    """
    with LOCK.open("w") as file:
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # it gives up after ten seconds, and an install takes longer
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def has_pip():
    """Whether .venv holds a Python that starts and has pip."""
    command = [str(PYTHON), "-m", "pip", "--version"]
    return PYTHON.exists() and subprocess.run(command, capture_output=True).returncode == 0


def create():
    """Make .venv anew, or say in one sentence why that cannot be."""
    if sys.version_info[:2] not in PYTHONS:
        raise Stop(
            f"dermlab needs Python 3.11, 3.12 or 3.13, and this is {sys.version.split()[0]}: "
            "name another one, as in `make course PYTHON=python3.12`."
        )
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise Stop(
            "This Python has no venv module: install it (on Debian and Ubuntu `sudo apt install "
            f"python3.{sys.version_info[1]}-venv`), then run the same command again."
        )
    call(sys.executable, "-m", "venv", "--clear", VENV)


def call(*command, **options):
    """Run a command in the checkout; if it fails, the script ends with the command's status."""
    status = subprocess.run([str(part) for part in command], **{"cwd": ROOT, **options}).returncode
    if status:
        sys.exit(status)


def run_stages(pytest_args):
    """Run the checks in order, up to the first that fails; say how long each took."""
    env([])
    # The lessons see no real data: they may only use what the course ships.
    course_only = {name: value for name, value in os.environ.items() if name != "DERMLAB_DATA"}
    pytest = (PYTHON, "-m", "pytest")
    stages = [
        ("style", (PYTHON, "-m", "ruff", "check", "."), os.environ),
        ("format", (PYTHON, "-m", "ruff", "format", "--check", "."), os.environ),
        ("imports", (BIN / f"lint-imports{EXE}",), os.environ),
        ("tests", (*pytest, "tests", "-n", "2", *pytest_args), os.environ),
        ("notebooks", (*pytest, *NBVAL.split()), course_only),
    ]
    took = []
    for name, command, environment in stages:
        print(f"\n== {name}", flush=True)
        begin = time.monotonic()
        try:
            call(*command, env=environment)
        except SystemExit:
            took.append(f"{name} {time.monotonic() - begin:.0f} s")
            print(f"\nfailed: {name} ({', '.join(took)})", flush=True)
            raise
        took.append(f"{name} {time.monotonic() - begin:.0f} s")
    print(f"\npassed: {', '.join(took)}")


def main(args):
    os.environ.setdefault("DERMLAB_CACHE", str(ROOT / "build" / "cache"))
    name, *rest = args or ["help"]
    try:
        if name not in VERBS:
            raise Stop(f"There is no verb {name!r}; there are {', '.join(VERBS)}.")
        VERBS[name](rest)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

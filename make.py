"""The verbs of this checkout, for machines with and without make: ``python make.py VERB``.

Needs nothing but a Python: what the verbs run lives in ``.venv``, which is made on first use.
"""

import hashlib
import importlib.util
import os
import re
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
RUNTIME = "requirements.txt"  # what running the course needs
ON_TOP = "requirements-test.txt"  # what checking it needs besides
BINDER = "binder/requirements.txt"  # the runtime list with TensorFlow's build without GPUs
CACHES = ("build", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")
NBVAL = (
    "--nbval --nbval-current-env --nbval-cell-timeout 120 "
    "--nbval-sanitize-with tests/nbval.cfg -n 2 --dist loadscope notebooks"
)
COMPILE = ("uv", "pip", "compile", "--quiet", "--custom-compile-command", "make pins")
EVERYWHERE = ("--universal", "--python-version", ".".join(map(str, PYTHONS[0])))
REFRESH = (
    "import sys; from dermlab.cli import console; from dermlab.lessons import run; "
    "sys.exit(console.run(lambda: run.refresh(sys.argv[1:])))"
)
SLIDES = (
    "from pathlib import Path; from dermlab.lessons import slides; "
    "print(slides.build(Path('notebooks'), Path('build')))"
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
    """install what running the course needs into .venv, if anything has changed"""
    install(RUNTIME)


def install(*lists):
    """Install the lists of pins and dermlab; the stamp holds the checksums of what stands."""
    with one_at_a_time():
        runtime, wanted = checksum(RUNTIME), checksum(*lists)
        stands = STAMP.read_text().split() if STAMP.exists() else []
        if wanted in stands and PYTHON.exists():
            return
        if INSTALLING in stands or not has_pip():
            create()
        STAMP.write_text(INSTALLING)  # what a killed install leaves behind: it is made again
        pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install")
        call(*pip, *(word for name in lists for word in ("-r", name)))
        call(*pip, "--no-deps", "-e", ".")
        STAMP.write_text("\n".join({runtime, wanted}))


def course(args):
    """run the notebooks; build build/site"""
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
    call(PYTHON, "-m", "results.make", *args)


def slides(args):
    """make build/slides: each lesson's question, vote and picture, for a class without a net"""
    env([])
    call(PYTHON, "-c", SLIDES, *args)


def pins(args):
    """compile the three lists of pins from pyproject.toml (needs uv)"""
    if shutil.which("uv") is None:
        raise Stop("`pins` needs uv on the PATH: see docs.astral.sh/uv.")
    call(*COMPILE, *EVERYWHERE, "pyproject.toml", "-o", RUNTIME, *args)
    runtime = (ROOT / RUNTIME).read_text(encoding="utf-8")

    both = (*COMPILE, *EVERYWHERE, "pyproject.toml", "--extra", "test")
    call(*both, "-c", RUNTIME, "-o", ON_TOP, *args)
    on_top = without((ROOT / ON_TOP).read_text(encoding="utf-8"), runtime)
    (ROOT / ON_TOP).write_text(on_top, encoding="utf-8", newline="\n")

    small = re.sub("(?m)^tensorflow==", "tensorflow-cpu==", runtime)
    python = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    there = ("--python-platform", "linux", "--python-version", python, "--no-annotate")
    call(*COMPILE, *there, "-", "-o", BINDER, input=small.encode())


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
    "slides": slides,
    "pins": pins,
    "clean": clean,
}


def without(pins, others):
    """A list of pins without the lines of another, and without what uv says below each of them."""
    others = set(others.splitlines())
    kept, keep = [], True
    for line in pins.splitlines():
        if not line.startswith(" "):  # a pin, or the header; below a pin stands who needs it
            keep = line.startswith("#") or line not in others
        kept += [line] if keep else []
    return "".join(f"{line}\n" for line in kept)


def checksum(*lists):
    """SHA-256 over what an install depends on: its lists, and where this checkout stands."""
    parts = [str(ROOT).encode()]
    parts += [(ROOT / name).read_bytes() for name in (*lists, "pyproject.toml")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@contextmanager
def one_at_a_time():
    """Wait while another process of this checkout installs: else the second would clear .venv.

    The lock is the system's, on an open file, so that a killed install leaves none behind.
    """
    with LOCK.open("w") as file:
        if not locked(file, wait=False):
            print("waiting for another make env …", flush=True)
            while not locked(file, wait=True):
                pass
        yield


def locked(file, wait):
    """Lock an open file, or say that another process has it locked."""
    if os.name == "nt":
        import msvcrt

        try:  # LK_LOCK gives up after ten seconds, and an install takes longer
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
    install(RUNTIME, ON_TOP)
    # The lessons see no real data and no student's answers: only what the course ships.
    course_only = {name: value for name, value in os.environ.items() if name != "DERMLAB_DATA"}
    course_only["DERMLAB_HOME"] = str(ROOT / "build" / "nobody")
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

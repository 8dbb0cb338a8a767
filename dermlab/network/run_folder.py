"""A run's folder: what a training leaves in it, read without starting the backend.

``run/`` holds its settings (``settings.json``), what interrupted training goes on from, the
network (``weights.npz``, ``run.json``), where a fold was scored ``predictions.csv`` with its
sidecar and, once all is done, what came of it (``trained.json``). A run over several folds has a
folder ``fold-K`` for each, and their predictions joined. They are written in `runs`.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab import files
from dermlab.cases import own, taxonomy
from dermlab.errors import InputError
from dermlab.network.recipe import Recipe

SETTINGS, HISTORY, PREDICTIONS = "settings.json", "history.csv", "predictions.csv"
TRAINED = "trained.json"  # written last: it says that every network of the run is whole
RESUME = "go on with dermlab train --resume"


@dataclass(frozen=True)
class Finished:
    """A run of ``dermlab train`` whose networks are all trained."""

    folder: Path
    settings: dict  # kind, size, weights, seed, folds, task, direct, classes (name, diseases)
    recipe: Recipe
    datasets: list[str]  # of the images that were learnt from
    networks: pd.DataFrame  # fold, training, development, scored (images), best_epoch, best
    histories: list[pd.DataFrame]  # a network's epochs, in the order of ``networks``


def refuse_place(run: Path) -> None:
    """InputError where no folder ``run`` can be, or nothing can be written into it."""
    if run.exists() and not run.is_dir():
        raise InputError(f"{run} is a file: name a folder for the run.")
    with files.writing(run), tempfile.TemporaryFile(dir=standing(run)):
        pass


def standing(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(
        folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists()
    )


def finished(folder: str | Path) -> Finished:
    """The run in ``folder``; InputError where there is none, or one that is not finished."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name the folder of a run.")
    settings = read_settings(folder)
    if not (folder / TRAINED).is_file():
        raise InputError(f"The run in {folder} is not finished: {RESUME}.")
    places = folders(folder, settings["folds"])
    about = files.read_record(places[0] / "run.json", cure=RESUME)
    with files.reading(places[0] / "run.json", cure=RESUME):
        recipe = Recipe(**about["recipe"])
    trained = files.read_record(folder / TRAINED, cure=RESUME)
    with files.reading(folder / TRAINED, cure=RESUME):
        datasets, networks = sorted(map(str, trained["datasets"])), _networks(trained, len(places))
        checksums = trained.get("histories", [None] * len(places))
    histories = [_history(*each) for each in zip(places, checksums, strict=True)]
    return Finished(folder, settings, recipe, datasets, networks, histories)


def _networks(trained: dict, n: int) -> pd.DataFrame:
    """The table of the run's networks; ValueError where it isn't that."""
    table = pd.DataFrame(trained["networks"])
    names = ["training", "development", "scored", "best_epoch", "best"]
    if len(table) != n or "fold" not in table:
        raise ValueError(f"it names {len(table)} of {n} networks")
    return table.astype(dict.fromkeys(names[:-1], int) | {"best": float})


def _history(place: Path, expected: str | None) -> pd.DataFrame:
    """A network's epochs; InputError where they are not those that the run ended with."""
    path = place / HISTORY
    with files.reading(path, cure=RESUME):
        if expected not in (None, checksum(path)):
            raise ValueError("its content has another checksum")
        history = pd.read_csv(path)
        return history.astype({"epoch": int, "loss": float})


def checksum(path: Path) -> str:
    """SHA-256 (hex) of a text file, whatever its line ends."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def read_settings(run: Path) -> dict:
    """The settings of the run; InputError where the folder holds none."""
    if not (run / SETTINGS).is_file():
        raise InputError(f"{run} holds no run: train one into it with dermlab train.")
    settings = files.read_record(run / SETTINGS, cure="train anew")
    with files.reading(run / SETTINGS, cure="train anew"):
        folds = settings["folds"]
        if not folds or not all(fold is None or isinstance(fold, int) for fold in folds):
            raise ValueError(f"its folds are {folds!r}")
    return settings


def edges(tree: pd.DataFrame) -> list[list]:
    """A tree as the settings hold it: child and parent (None above the root) of every node."""
    pairs = tree[["child", "parent"]].astype("object")
    return pairs.where(pairs.notna(), None).to_numpy().tolist()


def given_tree(settings: dict) -> pd.DataFrame | None:
    """The tree of one's own that a run was given; None where it was given none."""
    if "tree" not in settings:
        return None
    return taxonomy.check_tree(pd.DataFrame(settings["tree"], columns=["child", "parent"]))


def tree_of(settings: dict) -> pd.DataFrame:
    """The tree whose nodes a run learnt: the shipped one, one's own, or that of its own classes."""
    if (tree := given_tree(settings)) is not None:
        return tree
    if not settings.get(own.OWN):
        return taxonomy.load_tree()
    return own.tree(name for entry in settings["classes"] for name in entry["diseases"])


def folders(run: Path, folds: Sequence[int | None]) -> list[Path]:
    """Where each network stands: in the run's own folder if it is the only one."""
    return [run] if len(folds) == 1 else [run / f"fold-{fold}" for fold in folds]


def about_pictures(run: str | Path) -> dict:
    """What the finished run in the folder ``run`` says of its pictures: as `runs.check`."""
    trained = files.read_json(Path(run) / TRAINED, cure=RESUME)
    return {name: trained[name] for name in ("left_out", "two_diseases") if name in trained}


def networks(run: str | Path) -> list[Path]:
    """The folders of the run's networks: itself, or one a fold."""
    run = Path(run)
    if not (run / SETTINGS).is_file():
        return [run]
    return folders(run, read_settings(run)["folds"])

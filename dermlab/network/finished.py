"""A finished run as files: what was asked, what came of it; read without starting the backend."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab.errors import InputError
from dermlab.network.recipe import Recipe

SETTINGS, PREDICTIONS = "settings.json", "predictions.csv"
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


def read(folder: str | Path) -> Finished:
    """The run in ``folder``; InputError where there is none, or one that is not finished."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name the folder of a run.")
    settings = read_settings(folder)
    if not (folder / TRAINED).is_file():
        raise InputError(f"The run in {folder} is not finished: {RESUME}.")
    places = folders(folder, settings["folds"])
    trained = _read_json(folder / TRAINED)
    try:
        return Finished(
            folder,
            settings,
            Recipe(**_read_json(places[0] / "run.json")["recipe"]),
            trained["datasets"],
            pd.DataFrame(trained["networks"]),
            [pd.read_csv(place / "history.csv") for place in places],
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"The run in {folder} is damaged ({error}): {RESUME}.") from error


def read_settings(run: Path) -> dict:
    """What was asked of the run; InputError where the folder holds none."""
    if not (run / SETTINGS).is_file():
        raise InputError(f"{run} holds no run: train one into it with dermlab train.")
    return _read_json(run / SETTINGS)


def folders(run: Path, folds: Sequence[int | None]) -> list[Path]:
    """Where each network stands: in the run's own folder if it is the only one."""
    return [run] if len(folds) == 1 else [run / f"fold-{fold}" for fold in folds]


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}): train anew.") from error

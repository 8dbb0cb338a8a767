"""The course as a table: which notebook answers which slide, room and figure of the paper."""

from importlib.resources import files
from pathlib import Path

import pandas as pd

from dermlab.lessons.run import DEEPER


def notebooks(folder: Path | None = None) -> pd.DataFrame:
    """The lessons in their order: notebook, title, rooms, paper.

    With a ``folder`` of notebooks, a column ``written`` says which of them stand there.
    """
    table = _table("notebooks.csv")
    if folder is not None:
        table["written"] = [(Path(folder) / f"{name}.ipynb").exists() for name in table.notebook]
    return table


def second_sittings(folder: Path, lesson: str) -> list[str]:
    """The lesson's second sittings, those of its number: ``["deeper/02_pretraining"]``."""
    number = lesson.partition("_")[0]
    return [f"{DEEPER}/{path.stem}" for path in sorted(folder.glob(f"{DEEPER}/{number}_*.ipynb"))]


def slides() -> pd.DataFrame:
    """The lecture's slides in their order: slide, about, notebook (where it has its home)."""
    return _table("lecture.csv")


def _table(name: str) -> pd.DataFrame:
    with (files("dermlab") / "data" / "lessons" / name).open(encoding="utf-8") as file:
        return pd.read_csv(file)

"""The course as a table: which notebook answers which slide, room and figure of the paper."""

from importlib.resources import files
from pathlib import Path

import pandas as pd


def notebooks(folder: Path | None = None) -> pd.DataFrame:
    """The lessons in their order: notebook, title, rooms, paper.

    With a ``folder`` of notebooks, a column ``written`` says which of them stand there.
    """
    table = _table("notebooks.csv")
    if folder is not None:
        table["written"] = [(Path(folder) / f"{name}.ipynb").exists() for name in table.notebook]
    return table


def slides() -> pd.DataFrame:
    """The lecture's slides in their order: slide, about, notebook (where it has its home)."""
    return _table("lecture.csv")


def _table(name: str) -> pd.DataFrame:
    with (files("dermlab") / "data" / "lessons" / name).open(encoding="utf-8") as file:
        return pd.read_csv(file)

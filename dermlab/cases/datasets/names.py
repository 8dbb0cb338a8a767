"""The crosswalks: what each code of a publisher means in the taxonomy."""

from importlib import resources

import pandas as pd


def load(name: str) -> pd.DataFrame:
    """The shipped crosswalk of the data set `name`: index `code`, columns `node` and `note`."""
    file = resources.files("dermlab") / "data" / "crosswalks" / f"{name}.csv"
    with file.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str").set_index("code")

"""The pictures of a table of cases: read from folders and zips, or rendered by the clinic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import cache, text
from dermlab.cases import clinic
from dermlab.cases.clinic.pictures import NEEDED
from dermlab.errors import InputError
from dermlab.network import images
from dermlab.network.progress import track

CLINIC = "clinic"  # the source of pictures that are rendered
CLINIC_VERSION = 2  # raise it whenever the same row of the clinic would give another picture
CHUNK = 32  # pictures between two steps of the bar


def pictures(
    cases: pd.DataFrame,
    sources: Sequence[str],
    size: int,
    *,
    allow_missing: bool = False,
    show: bool = False,
) -> images.Pictures:
    """The pictures of ``cases``: rendered where ``sources`` is ``clinic``, else from files.

    InputError for a picture that is missing or cannot be read, unless ``allow_missing``.
    """
    ids = cases["image_id"].tolist()
    if CLINIC in map(str, sources):
        if len(sources) > 1:
            raise InputError("--images clinic renders every picture: name no folder beside it.")
        return images.Pictures(_rendered(cases, size, show), ids, _nothing_aside())
    found = images.load(ids, sources, size, allow_missing=allow_missing, show=show)
    if len(found.set_aside) and not allow_missing:
        bad = [f"{row.file} ({row.reason})" for row in found.set_aside.itertuples()]
        raise InputError(
            f"{text.plural(len(bad), 'picture')} of {len(ids):,} cannot be read: "
            f"{text.listing(bad)}; replace them, or give --allow-missing."
        )
    return found


def one_picture(path: str | Path, size: int) -> images.Pictures:
    """One picture file; its name without the ending is the ``image_id``."""
    return images.Pictures(images.read(path, size)[None], [Path(path).stem], _nothing_aside())


def _nothing_aside() -> pd.DataFrame:
    return pd.DataFrame(columns=["image_id", "file", "reason"], dtype="str")


def _rendered(cases: pd.DataFrame, size: int, show: bool) -> np.ndarray:
    """The clinic's photographs, drawn once for all time: uint8 (n, size, size, 3)."""
    drawn_from = ("image_id", *NEEDED)
    facts = [name for name in cases if name in drawn_from or name.startswith(("sign_", "artefact"))]
    starts = range(0, len(cases), CHUNK)

    def make() -> np.ndarray:
        bar = track(starts, total=len(starts), label="rendering the clinic", show=show)
        return np.concatenate([clinic.render(cases.iloc[i : i + CHUNK], size) for i in bar])

    inputs = {"cases": cases[facts].reset_index(drop=True), "size": size}
    return cache.load_or_make(make, inputs=inputs, version=CLINIC_VERSION, name="clinic-pictures")

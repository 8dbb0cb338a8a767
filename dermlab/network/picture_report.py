"""What there is to say of pictures that were loaded: which are left out, which contradict."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dermlab.cases import duplicates
from dermlab.text import listing, plural

if TYPE_CHECKING:
    from dermlab.network.pictures import Pictures

MISSING = "missing"  # the reason of a picture that no file shows


def of_loaded(loaded: "Pictures", cases: pd.DataFrame) -> dict:
    """``left_out`` and ``two_diseases`` of the pictures of ``cases``, as JSON has them."""
    shown = cases.set_index("image_id").loc[loaded.image_ids].reset_index()
    return {
        "left_out": left_out(loaded.set_aside),
        "two_diseases": duplicates.contradictory(_contents(loaded.pixels), shown),
    }


def left_out(set_aside: pd.DataFrame) -> dict:
    """The pictures that were left out: ``missing`` and ``unreadable``, each ``n`` and ``images``.

    ``set_aside``: as `pictures.Pictures` has it.
    """
    is_missing = set_aside["reason"] == MISSING
    kinds = {"missing": set_aside[is_missing], "unreadable": set_aside[~is_missing]}
    return {
        kind: {"n": len(rows), "images": rows["image_id"].tolist()} for kind, rows in kinds.items()
    }


def describe(set_aside: pd.DataFrame) -> str:
    """The pictures that were left out as one sentence, the unreadable ones with their reason."""
    is_missing = set_aside["reason"] == MISSING
    missing, unreadable = set_aside[is_missing], set_aside[~is_missing]
    parts = []
    if len(missing):
        parts.append(f"{len(missing):,} missing ({listing(missing['image_id'].tolist())})")
    if len(unreadable):
        named = [f"{row.image_id}: {row.reason}" for row in unreadable.itertuples()]
        parts.append(f"{len(unreadable):,} unreadable ({listing(named)})")
    verb = "is" if len(set_aside) == 1 else "are"
    return f"{plural(len(set_aside), 'picture')} {verb} left out: {', '.join(parts)}"


def _contents(pixels: np.ndarray) -> list[str]:
    """What tells each picture of ``pixels`` (n, h, w, 3) from the others: equal for equal ones.

    The middle row decides first, so that few pictures are read as a whole.
    """
    middle = [_digest(row) for row in pixels[:, pixels.shape[1] // 2]]
    counts = pd.Series(middle).value_counts()
    return [key + _digest(pixels[i]) if counts[key] > 1 else key for i, key in enumerate(middle)]


def _digest(array: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()

"""Whether a picture of the clinic shows its lesion, and the signs that stand under it.

The rule, in CIELAB, where a difference of 2.3 is just noticed (Mahy, Van Eycken and Oosterlinck
1994): a lesion can be seen if its pixels stand at least so much further from the skin's median
colour than the skin's own pixels do (root of the mean square). A sign can be seen if its grade is
slight or more and lesion or skin would look at least so different without it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dermlab.cases import clinic

JUST_NOTICED = 2.3
SLIGHT = 1  # of the grades 0 to 4
SIZE = 96  # pixels; the network's too
BLUR = 1.0  # of a pixel: hairs and noise are no lesion


def lesions(cases: pd.DataFrame) -> np.ndarray:
    """(n,) whether each picture's lesion can be seen."""
    return contrast(cases) >= JUST_NOTICED


def contrast(cases: pd.DataFrame) -> np.ndarray:
    """(n,) how much further the lesion's pixels are from the skin's colour than the skin's own.

    In CIELAB, root of the mean square; 0 where a picture has no lesion or no skin.
    """
    colours, inside = _colours(cases), clinic.masks(cases, SIZE)
    found = np.zeros(len(cases))
    for i, (picture, mask) in enumerate(zip(colours, inside, strict=True)):
        if mask.any() and not mask.all():
            away = picture - np.median(picture[~mask], axis=0)
            found[i] = _size(away[mask]) - _size(away[~mask])
    return found


def signs(cases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Whether each picture shows each of these signs: bool, a row a picture, a column a sign."""
    colours, inside = _colours(cases), clinic.masks(cases, SIZE)
    shown = pd.DataFrame(False, index=cases.index, columns=list(names))
    for name in names:
        graded = np.flatnonzero(cases[f"sign_{name}"] >= SLIGHT)
        without = _colours(cases.iloc[graded].assign(**{f"sign_{name}": 0.0}))
        change = [
            max(_size((colours[i] - other)[part]) for part in (inside[i], ~inside[i]))
            for i, other in zip(graded, without, strict=True)
        ]
        shown.loc[cases.index[graded], name] = np.array(change) >= JUST_NOTICED
    return shown


def grades(cases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The grades of these signs on their scale from 0 to 4, a column a sign."""
    table = cases[[f"sign_{name}" for name in names]]
    return table.set_axis(list(names), axis=1).clip(0, 4)


def _colours(cases: pd.DataFrame) -> np.ndarray:
    """The pictures in CIELAB, a little blurred, (n, SIZE, SIZE, 3)."""
    from scipy.ndimage import gaussian_filter
    from skimage.color import rgb2lab

    return gaussian_filter(rgb2lab(clinic.render(cases, SIZE)), (0, BLUR, BLUR, 0))


def _size(differences: np.ndarray) -> float:
    """Root of the mean square of differences (n, 3); 0 where there are none."""
    return float(np.sqrt(np.square(differences).sum() / max(len(differences), 1)))

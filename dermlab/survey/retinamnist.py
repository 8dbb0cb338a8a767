"""RetinaMNIST: 1,600 real photographs of the retina with a grade of 0 to 4, in one `.npz`.

Yang et al., Scientific Data 10:41 (2023), part of MedMNIST; CC BY 4.0. ``dermlab fetch
retinamnist`` brings it. A picture has 28 pixels a side (224 in the larger file), so that no
microaneurysm is left: networks and colours can be tried, detectors of lesions cannot. It names
no patients: an eye is a case, and two eyes of a patient may stand in two parts.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files
from dermlab.errors import InputError
from dermlab.survey import classification

PARTS = ("train", "val", "test")
REFERABLE = 2  # grades from here on: moderate or worse
CURE = "take another copy of the file (dermlab fetch retinamnist)"


def read(path: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The pictures (n, size, size, 3) uint8 and the grades (n,) of each of `PARTS`.

    InputError for a file that has no such arrays.
    """
    with files.reading(Path(path), cure=CURE), np.load(path, allow_pickle=False) as file:
        if missing := [f"{p}_{n}" for p in PARTS for n in ("images", "labels")
                       if f"{p}_{n}" not in file.files]:  # fmt: skip
            raise ValueError(f"it has no array {missing[0]}")
        parts = {part: (file[f"{part}_images"], file[f"{part}_labels"]) for part in PARTS}
    for part, (pixels, grades) in parts.items():
        is_colour = pixels.dtype == np.uint8 and pixels.ndim == 4 and pixels.shape[-1] == 3
        if not is_colour or grades.shape != (len(pixels), 1) or not np.isin(grades, range(5)).all():
            raise InputError(
                f"{path} holds {part} pictures of shape {pixels.shape} with labels of shape "
                f"{grades.shape}: RetinaMNIST has colour pictures of bytes, a grade of 0 to 4 each."
            )
    return {part: (pixels, grades[:, 0].astype(int)) for part, (pixels, grades) in parts.items()}


def compare(parts: dict[str, tuple[np.ndarray, np.ndarray]], size: int = 128) -> pd.DataFrame:
    """AUC for referable eyes on the test part: ``arm, auc, low, high``, intervals over eyes.

    A regression on the frozen ImageNet layer, pictures enlarged to ``size``, and one on colour
    statistics; the strength of each is chosen on the validation part.
    """
    from dermlab.evaluation import roc

    referable = {part: grades >= REFERABLE for part, (_, grades) in parts.items()}
    rows = []
    for name, make in (("frozen ImageNet layer", _frozen), ("colour statistics", _colours)):
        values = {part: make(pixels, size) for part, (pixels, _) in parts.items()}
        model, _, _ = classification.chosen(
            values["train"],
            referable["train"],
            values["val"],
            lambda score: roc.area(*roc.wins(referable["val"], score)),
        )
        area = roc.auc(referable["test"], model.decision_function(values["test"]))
        rows.append({"arm": name, "auc": area.estimate, "low": area.low, "high": area.high})
    return pd.DataFrame(rows)


def _colours(pixels: np.ndarray, size: int) -> np.ndarray:
    return classification.colours(pixels)


def _frozen(pixels: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    from dermlab.network import inference, models

    net = models.build("efficientnet_lite0", 2, size, augment=False)
    bicubic = Image.Resampling.BICUBIC
    large = [
        np.asarray(Image.fromarray(picture).resize((size, size), bicubic)) for picture in pixels
    ]
    return inference.features(net, np.stack(large))

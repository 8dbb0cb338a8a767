"""Runs of seconds, trained once: of one fold, of all folds, direct, of classes of one's own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

SIZE = 16
SHADES = {
    "malignant melanoma": 60,
    "melanocytic nevi": 120,
    "basal cell carcinoma": 180,
    "seborrheic keratosis": 240,
}
FLOWERS = dict(zip(SHADES, ("rose", "tulip", "daisy", "rose"), strict=True))


@pytest.fixture(scope="session")
def place(tmp_path_factory, tiny_network):
    """A folder with pictures, cases.csv, flowers.csv (own classes) and finished runs."""
    from dermlab.network import models, plans, runs
    from dermlab.network.recipe import Recipe

    recipe = replace(Recipe.paper(), epochs=3, batch_size=8, learning_rate=0.02)
    folder = tmp_path_factory.mktemp("runs")
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(96)]})
    rows["lesion_id"] = [f"L{i // 8:02}{i % 4}" for i in range(96)]  # two photographs a lesion
    rows["disease"] = [list(SHADES)[i % 4] for i in range(96)]
    rows["label_source"] = np.where(np.arange(96) % 3 == 0, "dermatologist", "biopsy")
    rows["modality"], rows["dataset"] = "dermoscopy", "made"
    rows.to_csv(folder / "cases.csv", index=False)
    flowers = rows.assign(disease=rows["disease"].map(FLOWERS), classes="own")
    flowers.to_csv(folder / "flowers.csv", index=False)
    noise = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    for image_id, disease in zip(rows["image_id"], rows["disease"], strict=True):
        colour = np.clip(SHADES[disease] + noise.normal(0, 90, 3), 0, 255).astype(int)
        Image.new("RGB", (SIZE, SIZE), tuple(colour)).save(folder / f"pictures/{image_id}.png")
    split = rows[["image_id"]].assign(fold=np.repeat([0, 1, 2], 32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "build", tiny_network)
        patch.setenv("DERMLAB_CACHE", str(folder / "cache"))
        fine = plans.make(rows, split, max_class_size=25)
        direct = plans.make(rows, split, task="melanoma-vs-nevus", direct=True)
        for name, plan, folds in (
            ("one", fine, [1]),
            ("all", fine, [0, 1, 2]),
            ("direct", direct, [1]),
            ("unscored", fine, [None]),
            ("flowers", plans.make(flowers, split, max_class_size=25), [1]),
        ):
            runs.train(
                plan,
                [str(folder / "pictures")],
                folder / name,
                folds=folds,
                setup=runs.Setup("compact", SIZE, "none", recipe, seed=3),
            )
    return folder

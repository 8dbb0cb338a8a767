"""How oriented the filters of a first layer are: taught by ImageNet, by photographs, by nothing.

The real ImageNet weights lie beside the real data: SqueezeNet 1.1, 64 filters of 3 × 3. The compact
network's eight are its shipped ones. The third are random, as Keras starts a layer.
"""

import numpy as np
import pandas as pd

from results.common.ham10000_pixels import WEIGHTS
from results.common.result import Inputs, Outputs, Result
from results.ham10000_end_to_end.recipe import SQUEEZENET

SEED, N_RANDOM = 0, 640
IMAGENET, SHIPPED, RANDOM = "SqueezeNet, ImageNet", "compact, shipped", "random"


def compared(inputs: Inputs) -> Outputs:
    """``selectivity.csv``: network, filter, selectivity (of the sum over the three colours)."""
    from dermlab.interpretation import anatomy
    from dermlab.network import checkpoints, models
    from results.common import squeezenet

    taught = squeezenet.build(75)
    checkpoints.load_weights(taught, inputs[SQUEEZENET])
    kernels = {
        IMAGENET: taught.get_layer("conv1").get_weights()[0],
        SHIPPED: models.build("compact", 2, 96, weights=inputs[WEIGHTS]).get_weights()[0],
        RANDOM: np.random.default_rng(SEED).uniform(-1, 1, (3, 3, 3, N_RANDOM)),
    }
    tables = [
        pd.DataFrame({"network": name, "selectivity": anatomy.selectivity(grey(kernel))})
        for name, kernel in kernels.items()
    ]
    table = pd.concat(tables)
    table.insert(1, "filter", table.groupby("network").cumcount())
    return {"selectivity.csv": table}


def grey(kernel: np.ndarray) -> np.ndarray:
    """A layer's kernel (side, side, 3, n) as filters (n, side, side) of a grey picture."""
    return np.moveaxis(kernel.sum(axis=2), -1, 0)


RESULT = Result(
    compared,
    "Orientation selectivity of first-layer filters (3 × 3, summed over the colours): the 64 "
    "of SqueezeNet 1.1 with its real ImageNet weights, the 8 of the compact network with the "
    "shipped weights, and 640 random ones (uniform, as Keras's initialiser).",
    kind="measured here",
    seed=SEED,
    minutes=0.2,
    reads=(SQUEEZENET, WEIGHTS),
)

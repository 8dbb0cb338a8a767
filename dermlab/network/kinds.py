"""The networks' names and the weights that each starts from: read without starting the backend."""

from dermlab.errors import InputError

# network: of everything below the head. shipped: with this package; imagenet: by pip or a download
WEIGHTS = {"compact": "shipped", "efficientnet_lite0": "imagenet", "inception_v3": "imagenet"}


def own_weights(kind: str) -> str:
    """The weights that a network starts from where nothing else is said.

    InputError for a name that is no network's.
    """
    if kind not in WEIGHTS:
        raise InputError(f"there is no network {kind!r}: choose one of {', '.join(WEIGHTS)}")
    return WEIGHTS[kind]


def begins_by_regression(kind: str, weights: str) -> bool:
    """Whether a run sets the head by a regression before it tunes the network (see `heads`).

    EfficientNet-Lite0 with the ImageNet weights does: its frozen features alone tell much, and a
    random head spoils them in its first steps. Inception v3 begins as the paper's did, with a new
    head, and the compact network as its shipped results were made.
    """
    return (kind, weights) == ("efficientnet_lite0", "imagenet")

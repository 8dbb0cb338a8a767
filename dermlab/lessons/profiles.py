"""The three profiles of the course: for a classroom, a laptop, and the paper's own settings.

``current()`` is the one place that reads ``DERMLAB_PROFILE``; a room takes what it needs as plain
arguments, so that no other function asks which profile it is in.
"""

import os
from dataclasses import dataclass, replace

from dermlab.errors import InputError
from dermlab.network import kinds
from dermlab.network.recipe import Recipe

VARIABLE = "DERMLAB_PROFILE"


@dataclass(frozen=True)
class Profile:
    """What a profile fixes where no flag does.

    ``max_class_size`` is the boundary of the training classes in images, None where it scales
    with the data; ``model``, ``weights`` and ``size`` (pixels) are those of ``models.build``;
    ``recipe`` says how the network is trained, ``precision`` in which numbers (``float32``, or
    ``mixed`` on a GPU); ``folds`` is the number of cross-validation folds.
    """

    name: str
    max_class_size: int | None
    model: str
    weights: str
    size: int
    recipe: Recipe
    folds: int = 9
    precision: str = "float32"

    def boundary(self, n_images: int) -> int:
        """The largest training class for a table of ``n_images`` images, at least 1.

        The paper's 1,000 is 0.8 % of its images; on a smaller table the same number would swallow
        the diseases that the tasks ask for, so that the share is kept and not the number.
        """
        from dermlab.cases import taxonomy

        if self.max_class_size is not None:
            return self.max_class_size
        return taxonomy.default_max_class_size(n_images)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("classroom", 100, "compact", "shipped", 96, Recipe.classroom()),
        Profile("laptop", None, "efficientnet_lite0", "imagenet", 128, Recipe.laptop()),
        Profile("paper", None, "inception_v3", "imagenet", 299, Recipe.paper(), precision="mixed"),
    )
}


def get(name: str) -> Profile:
    """The profile of this name; InputError for a name that is none."""
    if name not in PROFILES:
        raise InputError(f"There is no profile {name!r}: choose one of {', '.join(PROFILES)}.")
    return PROFILES[name]


def chosen(
    name: str | None = None,
    *,
    default: str = "classroom",
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    batch_size: int | None = None,
    **fields: str | int | None,
) -> Profile:
    """The profile of this name, else the current one, with every field that is given put in place.

    ``fields`` are a `Profile`'s own, the other three its recipe's; None leaves the profile's value.
    A ``model`` without ``weights`` starts from its own. ``default``: as of `current`.
    """
    profile = current(default) if name is None else get(name)
    if fields.get("model") and not fields.get("weights"):
        fields["weights"] = kinds.own_weights(fields["model"])
    steps = {"epochs": epochs, "steps_per_epoch": steps_per_epoch, "batch_size": batch_size}
    recipe = replace(profile.recipe, **_given(steps))
    return replace(profile, **_given(fields), recipe=recipe)


def _given(values: dict) -> dict:
    return {name: value for name, value in values.items() if value is not None}


def current(default: str = "classroom") -> Profile:
    """The profile that ``DERMLAB_PROFILE`` names; the default where it is unset or empty."""
    name = os.environ.get(VARIABLE) or default
    if name not in PROFILES:
        raise InputError(
            f"{VARIABLE} names no profile: it is {name!r}, and must be one of "
            f"{', '.join(PROFILES)}."
        )
    return PROFILES[name]

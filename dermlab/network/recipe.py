"""The recipe: what the paper says of its training, and what had to be added.

The paper is short about it (Esteva et al. 2017, Methods). ``Recipe.paper()`` follows what it says,
and ``PROVENANCE`` says of every field whether it is *stated* there, taken from the authors' *2016
code*, or *ours*.

RMSProp in TensorFlow 1, where the paper's network was trained, and in Keras 3. With gradient g,
mean square v, momentum m, rate r:

    v ← ρ v + (1 - ρ) g²        m ← μ m + r g / √(v + ε)        w ← w - m

Both have ε inside the root (Keras 2 and torch: √v + ε). They differ in where v starts: at 1 in
TensorFlow 1, at 0 in Keras. With ε = 0.1 and small gradients Keras's first step is √10 = 3.2 times
as long; the difference fades as 0.9 to the power of the steps. ``mean_square_start`` chooses.
ε = 0.1 itself is large: wherever g² is well below it, RMSProp is plain momentum at the rate r / √ε.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. Rates and momenta as in RMSProp; times in epochs."""

    learning_rate: float
    rho: float
    momentum: float
    epsilon: float
    mean_square_start: float
    decay_factor: float  # the learning rate is multiplied by it ...
    decay_every: int  # ... every so many epochs
    batch_size: int
    epochs: int
    steps_per_epoch: int | None  # None: every image of the largest group once
    patience: int | None  # epochs without a better development part before it stops; None: never
    balance: bool  # repeat the smaller groups up to the size of the largest
    batch_norm: str | None  # for models.build

    @classmethod
    def paper(cls) -> "Recipe":
        """As published, gaps filled as ``PROVENANCE`` says."""
        return cls(
            learning_rate=0.001,
            rho=0.9,
            momentum=0.9,
            epsilon=0.1,
            mean_square_start=1.0,
            decay_factor=1 / 16,
            decay_every=30,
            batch_size=32,
            epochs=60,
            steps_per_epoch=None,
            patience=None,
            balance=True,
            batch_norm=None,
        )

    @classmethod
    def paper_times_016(cls) -> "Recipe":
        """The paper's with the decay of the 2016 code: × 0.16 where the paper has ÷ 16."""
        return replace(cls.paper(), decay_factor=0.16)

    @classmethod
    def classroom(cls) -> "Recipe":
        """For a small network and minutes on two cores; ``differences`` says what is changed.

        At ε = 0.1 a network that starts from little learns slowly: 300 steps of 32 from random
        weights on HAM10000, malignant against the rest, gave an AUC of .74 with the paper's
        settings and .76 with these (one run each, one lesion-safe split, statistics of batch
        normalisation with momentum 0.99): a choice for short runs, not a finding.
        """
        return replace(cls.paper(), epochs=8, learning_rate=0.0003, epsilon=0.001)

    @classmethod
    def laptop(cls) -> "Recipe":
        """For EfficientNet-Lite0 on real pictures without a GPU: short epochs, stopped early.

        An epoch is 50 steps whatever the size of the table, and a network that three of them in a
        row have not improved is left as it was: a few minutes of two cores at 128 pixels. The rate
        is a third of the classroom's. On two draws of 400 HAM10000 lesions (malignant against the
        rest, 84 steps, 600 other lesions) the regressions that it begins with had an AUC of .858
        and .879, and tuned at 0.0001 the networks had .898 and .909. At 0.0003, on the first draw,
        the loss rose from the second epoch on and the AUC was .851; at 0.001 the development part
        fell from .822 to .695.
        """
        return replace(cls.classroom(), learning_rate=0.0001, steps_per_epoch=50, patience=3)

    def differences(self) -> list[str]:
        """In what it differs from the paper's: ``['epochs: 8 (paper: 60)', ...]``."""
        changed = self.changed().items()
        return [f"{name}: {here} (paper: {paper})" for name, (here, paper) in changed]

    def changed(self) -> dict[str, tuple]:
        """The fields that are not the paper's: name -> value here, ``Recipe.paper()``'s value."""
        paper = self.paper()
        both = {f.name: (getattr(self, f.name), getattr(paper, f.name)) for f in fields(self)}
        return {name: (here, papers) for name, (here, papers) in both.items() if here != papers}

    def steps(self, n_rows: int) -> int:
        """The steps of an epoch over so many images, those repeated for balance counted again."""
        return self.steps_per_epoch or max(1, n_rows // self.batch_size)

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 1."""
        return self.learning_rate * self.decay_factor ** ((epoch - 1) // self.decay_every)


PROVENANCE: dict[str, tuple[str, str]] = {
    "learning_rate": ("stated", "0.001, the same for all layers"),
    "rho": ("stated", "RMSProp decay 0.9"),
    "momentum": ("stated", "0.9"),
    "epsilon": ("stated", "0.1; the 2016 code has 1.0"),
    "mean_square_start": ("ours", "1, as the optimiser of TensorFlow 1 does; TensorFlow is stated"),
    "decay_factor": (
        "stated",
        "a factor of 16, read as a division; the 2016 code multiplies by .16",
    ),
    "decay_every": ("stated", "30 epochs"),
    "batch_size": ("2016 code", "32"),
    "epochs": ("ours", "60, so that the rate decays once; not stated"),
    "steps_per_epoch": ("ours", "one pass over the balanced images; not stated"),
    "patience": ("ours", "all epochs run and the best on the development part is kept; not stated"),
    "balance": ("2016 code", "every top category repeated up to the size of the largest"),
    "batch_norm": ("ours", "frozen when weights come from elsewhere; not stated"),
    "depth": ("stated", "all layers are fine-tuned"),
    "rotation": ("stated", "0-359 degrees at random, the largest upright inscribed rectangle"),
    "flip": ("stated", "vertical, with probability 0.5"),
    "aspect_ratio": ("ours", "the central square of each picture; not stated"),
}

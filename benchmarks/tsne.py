"""t-SNE as shipped, against scikit-learn's and openTSNE's defaults.

Made-up features as a last hidden layer gives them: 512 dimensions, of which twenty matter, four
classes that overlap; as many images as the paper's Fig. 4 and as a few thousand. Every way makes
a map of perplexity 30 from the same features; the quality of each is printed beside its time, and
must lie within 0.02 of the best one's trustworthiness. openTSNE is a rival of this file alone.

    python benchmarks/tsne.py
"""

import time

import numpy as np
from openTSNE import TSNE as OpenTSNE
from sklearn.manifold import TSNE

from dermlab.interpretation import embedding
from dermlab.network import backend

SIZES = (932, 3000)


def made_up(n, rng):
    labels = np.arange(n) % 4
    core = rng.normal(size=(n, 20)) + 1.2 * rng.normal(size=(4, 20))[labels]
    mixed = core @ rng.normal(size=(20, 512)) + rng.normal(size=(n, 512))
    return np.maximum(mixed, 0), labels  # a last hidden layer has no negative values


WAYS = {
    "shipped: PCA to 50, one thread": embedding.tsne,
    "scikit-learn, its defaults": lambda x: TSNE(random_state=0).fit_transform(x),
    "scikit-learn, PCA to 50": lambda x: TSNE(random_state=0).fit_transform(embedding.principal(x)),
    "openTSNE, its defaults": lambda x: np.asarray(OpenTSNE(random_state=0).fit(x)),
    "openTSNE, PCA to 50": lambda x: np.asarray(
        OpenTSNE(random_state=0).fit(embedding.principal(x))
    ),
    "openTSNE, PCA to 50, all cores": lambda x: np.asarray(
        OpenTSNE(random_state=0, n_jobs=-1).fit(embedding.principal(x))
    ),
}


def main():
    rng = np.random.default_rng(0)
    print(f"{backend.available_cores()} cores")
    for n in SIZES:
        space, labels = made_up(n, rng)
        print(f"{n:,} images{'seconds':>34} {'ratio':>6} {'trust':>7} {'contin.':>7} {'purity':>7}")
        ours, trusted = None, []
        for name, way in WAYS.items():
            start = time.perf_counter()
            shown = way(space)
            seconds = time.perf_counter() - start
            ours = ours or seconds
            trust = embedding.trustworthiness(space, shown)
            trusted.append(trust)
            quality = (trust, embedding.continuity(space, shown),
                       embedding.agreement(shown, labels).mean())  # fmt: skip
            measured = " ".join(f"{x:7.3f}" for x in quality)
            print(f"  {name:<34} {seconds:8.1f} {seconds / ours:6.1f} {measured}", flush=True)
        assert max(trusted) - min(trusted) < 0.02


if __name__ == "__main__":
    main()

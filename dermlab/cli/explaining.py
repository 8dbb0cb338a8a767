"""Where the network looked: a picture and the map of its influence, side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import option
from dermlab.cli.training import RunOption
from dermlab.errors import InputError
from dermlab.text import listing, percent, plural

if TYPE_CHECKING:
    from numpy import ndarray

METHODS = {  # what is typed: the name in interpretation.saliency
    "input-gradient": "input gradient",
    "smoothgrad": "SmoothGrad",
    "integrated-gradients": "Integrated Gradients",
    "grad-cam": "Grad-CAM",
    "occlusion": "occlusion",
}
MethodHelp = f"How the map is made: {', '.join(METHODS)}."


def explain(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="One picture file.")],
    run: RunOption,
    out: Annotated[Path, option("--out", help="The PNG to write.")],
    method: Annotated[str, typer.Option(help=MethodHelp)] = "input-gradient",
    of: Annotated[
        str | None, option("--class", help="Explain this class, not the most probable.")
    ] = None,
) -> dict:
    """Draw PICTURE beside the map of what the network of RUN went by; darker is more influence.

    Of several folds' networks, the mean of their maps, each brought to the same sum. A map says
    what the answer hangs on, not whether the answer is right: lesson 11 tests what it is worth.
    """
    place = console.target(out, picture)
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}: give one of {', '.join(METHODS)}.")
    if not run.is_dir():
        raise InputError(f"There is no folder {run}: give --run a folder of dermlab train.")
    if not picture.is_file():
        raise InputError(f"There is no picture {picture}: give the file of one.")
    console.note("starting the backend (some seconds)")
    import numpy as np

    from dermlab.interpretation import saliency
    from dermlab.network import inference, pictures, run_folder

    networks = [inference.load_run(folder) for folder in run_folder.networks(run)]
    pixels = pictures.of_file(picture, networks[0].size).pixels
    probabilities = np.mean([inference.predict(one.model, pixels)[0] for one in networks], axis=0)
    names = list(networks[0].classes["name"])
    if of is not None and of not in names:
        raise InputError(f"The run knows no class {of!r}; its classes are {listing(names, 8)}.")
    target = int(probabilities.argmax()) if of is None else names.index(of)
    maps = [
        saliency.maps(one.model, pixels, np.array([target]), METHODS[method])[0] for one in networks
    ]
    mean = np.mean([each / max(each.sum(), 1e-30) for each in maps], axis=0)
    name, probability = names[target], float(probabilities[target])
    _draw(pixels[0], mean, f"{name}: {percent(probability)}", METHODS[method], place)
    count = plural(len(networks), "network")
    return {
        "class": name,
        "probability": probability,
        "method": method,
        "networks": len(networks),
        "out": str(out),
        "text": [f"{out}: {name}, {percent(probability)}, by {count}; {method}."],
    }


def _draw(pixels: "ndarray", mean: "ndarray", title: str, method: str, place: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from dermlab import files
    from dermlab.figures import saliency, style

    style.use()
    content = style.png(saliency.explained(pixels, mean, title, method))
    files.write(place, content)

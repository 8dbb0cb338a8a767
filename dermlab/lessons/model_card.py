"""The model card of a run over one's own pictures, under the headings of Hugging Face's template.

What the run's files say is filled in. What only a person can know (whose pictures they are, what
the network is for) stays a blank that says so: nothing is made up. The template: Hugging Face,
huggingface_hub, ``templates/modelcard_template.md``, after Mitchell et al., Model Cards for Model
Reporting, 2019 (arXiv 1810.03993).
"""

import os
import platform
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import dermlab
from dermlab import text as words
from dermlab.lessons import own_check, own_report, run_report
from dermlab.lessons.own_check import Check
from dermlab.lessons.own_run import PROBLEMS, RUN, Answers
from dermlab.network import run_folder
from dermlab.text import listing, plural

FILE = "model_card.md"
BLANK = "**[A person fills this in: {}]**"
TEMPLATE = """---
library_name: keras
pipeline_tag: image-classification
license: # a person fills this in
---

# Model Card for {name}

{summary}

## Model Details

### Model Description

{description}

- **Developed by:** {developed_by}
- **Funded by [optional]:** {funded_by}
- **Shared by [optional]:** {shared_by}
- **Model type:** {model_type}
- **Language(s) (NLP):** none, it reads pictures
- **License:** {license}
- **Finetuned from model [optional]:** {base}

### Model Sources [optional]

- **Repository:** {repository}

## Uses

### Direct Use

{direct_use}

### Downstream Use [optional]

{downstream_use}

### Out-of-Scope Use

{out_of_scope}

## Bias, Risks, and Limitations

{limitations}

### Recommendations

{recommendations}

## How to Get Started with the Model

```
dermlab predict PICTURES --run {run} --out predictions.csv
dermlab explain PICTURE --run {run} --out map.png
```

## Training Details

### Training Data

{training_data}

### Training Procedure

{procedure}

#### Preprocessing [optional]

{preprocessing}

#### Training Hyperparameters

{hyperparameters}

#### Speeds, Sizes, Times [optional]

{sizes}

## Evaluation

### Testing Data, Factors & Metrics

#### Testing Data

{testing_data}

#### Factors

{factors}

#### Metrics

{metrics}

### Results

{results}

#### Summary

{result_summary}

## Model Examination [optional]

{examination}

## Environmental Impact

- **Hardware Type:** {hardware}
- **Hours used:** {hours}
- **Carbon Emitted:** not measured

## Technical Specifications [optional]

### Model Architecture and Objective

{objective}

### Compute Infrastructure

#### Hardware

{hardware}

#### Software

{software}

## Citation [optional]

{citation}

## Model Card Authors [optional]

{authors}

## Model Card Contact

{contact}
"""
WHO = {  # what no file of a run can say
    "developed_by": "who made it",
    "funded_by": "who paid for it",
    "shared_by": "who shares it",
    "license": "under which terms network and pictures may be used",
    "repository": "where code and network can be found, if anywhere",
    "direct_use": "the question that the network is to answer, for whom, and what follows from an "
    "answer",
    "downstream_use": "whether it may become a part of something else",
    "hours": "hours, of all tries together",
    "citation": "what to cite",
    "authors": "who filled in this card",
    "contact": "whom to ask",
}


def text(check: Check, answers: Answers, out: Path) -> str:
    """The card in Markdown; ``out`` is the folder of `own_run.run`, whose networks are trained."""
    blanks = {name: BLANK.format(what) for name, what in WHO.items()}
    known = _network(check, out) | _data(check, out) | _evaluation(check, answers) | _limits(check)
    shown = {name: _escaped(value) for name, value in known.items()}
    return TEMPLATE.format_map(blanks | shown)


def _network(check: Check, out: Path) -> dict[str, str]:
    done = run_folder.finished(out / RUN)
    settings, n = done.settings, len(done.networks)
    kind = f"{settings['kind'].replace('_', ' ')}, {settings['size']} pixels a side"
    places = run_folder.folders(done.folder, settings["folds"])
    size = words.size((places[0] / "weights.npz").stat().st_size)
    epochs = listing([str(epoch) for epoch in done.networks["best_epoch"]], n)
    return {
        "name": check.folder.name,
        "summary": f"It names the class of a picture: {listing(list(check.classes.index), 50)}.",
        "description": f"{plural(n, 'network')} of one kind ({kind}); a new picture's answer is "
        "the mean of their probabilities. Each was tuned to the pictures described below.",
        "model_type": f"convolutional network: {kind}",
        "base": f"{settings['kind'].replace('_', ' ')}, which had learnt from "
        f"{run_report.WEIGHTS.get(settings['weights'], settings['weights'])}",
        "run": str(out / RUN),
        "procedure": f"{plural(n, 'network')}, each from the same first weights. All layers are "
        "trained. A part that takes no part in learning chooses the epoch that is kept.",
        "hyperparameters": "\n".join(
            f"- {name.replace('_', ' ')}: {'none' if value is None else value}"
            for name, value in (asdict(done.recipe) | {"seed": settings["seed"]}).items()
        ),
        "sizes": f"Weights: {size} a network. Epochs kept: {epochs} (0: before any step).",
        "hardware": f"{platform.machine()}, {plural(os.cpu_count() or 1, 'core')}, "
        f"{platform.system()}: the machine on which this card was written",
        "software": _software(),
        "objective": f"{kind}; cross-entropy over the classes",
    }


def _software() -> str:
    from dermlab.network.backend import keras

    backend = keras.config.backend()
    return (
        f"dermlab {dermlab.__version__}, Keras {metadata.version('keras')} on {backend}, "
        f"Python {platform.python_version()}"
    )


def _data(check: Check, out: Path) -> dict[str, str]:
    size = run_folder.read_settings(out / RUN)["size"]
    said = "\n".join(f"- {sentence}" for sentence in own_check.sentences(check, size))
    whose = "whose pictures they are, who took them, when, with what, and who gave the labels"
    return {
        "training_data": f"{said}\n- Left out: see `{PROBLEMS}`.\n- {BLANK.format(whose)}",
        "preprocessing": f"The central square of each picture, antialiased to {size} × {size} "
        "pixels. In training each picture is rotated by a random whole number of degrees, cropped "
        "to the largest upright square inside, and flipped with probability 0.5.",
    }


def _evaluation(check: Check, answers: Answers) -> dict[str, str]:
    lines = [own_report.HEADS, ("---",) * len(own_report.HEADS), *own_report.of_classes(answers)]
    table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)
    n = plural(len(answers.truth), "picture")
    scored = (
        f"{n} of the part that the folder sets aside for testing; the network was chosen without it"
        if check.has_test_part
        else f"all {n}, each by the network that had seen neither it nor a copy of it"
    )
    unknown = "groups of people, cameras or places among which it may differ"
    return {
        "testing_data": f"Scored are {scored}. They come from the same folder as the training "
        "data: nothing follows for pictures of another place, camera or time.",
        "factors": f"The run knows no group to compare. {BLANK.format(unknown)}",
        "metrics": "AUC of each class against the rest (interval: DeLong on the logit scale, "
        "Obuchowski over copies); the share of pictures answered right (Wilson). All intervals "
        "are 95 %. An AUC of 1 is no certainty: its lower bound is that of pairs without a common "
        "picture, all in order. – stands where no interval can be computed.",
        "results": f"{table}\n\nCurves: `{own_report.ROC}`. Confusions: `{own_report.CONFUSION}`.",
        "result_summary": " ".join(own_report.results(answers)),
        "examination": f"`{own_report.SALIENCY}` shows where the networks looked in a few of the "
        "pictures, chosen by a rule: the most certain right answers and mistakes. A map says what "
        "an answer depends on, and not that it is right.",
    }


def _limits(check: Check) -> dict[str, str]:
    used = ", ".join(check.classes.index)
    return {
        "out_of_scope": f"Pictures of anything else than {used}: the network has no answer “none "
        "of these”, and names one of its classes for every picture. Decisions on anybody's health.",
        "limitations": "- It was measured on one folder only.\n"
        "- In training all pictures are rotated; where “up” has a meaning, that is lost.\n"
        "- Whatever differs between the folders of two classes (camera, light, background) may be "
        f"what it learned.\n- {BLANK.format('harms that a wrong answer can do, and to whom')}",
        "recommendations": "Before use, measure it on pictures from where it will be used, taken "
        "later and by others, with as many patients, plants or things as possible.",
    }


def _escaped(value: str) -> str:
    """No heading and no HTML out of a folder's name."""
    return value.replace("<", "&lt;").replace("\n#", "\n\\#")

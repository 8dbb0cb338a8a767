"""The tree of diseases, its training classes, and the paper's totals."""

from importlib.resources import files

import pandas as pd

from dermlab.lessons.report.row import MEASURED, PUBLISHED, Row, source_of, value_of
from dermlab.text import number

COUNTED = "counted from its published table"


def sections() -> dict[str, list[Row]]:
    return {"Taxonomy and totals": [*_taxonomy_rows(), _total_row()]}


def _taxonomy_rows() -> list[Row]:
    from dermlab.cases import taxonomy

    tree = taxonomy.load_tree()
    with (files("dermlab") / "data" / "taxonomy" / "fitzpatrick17k_counts.csv").open() as file:
        conditions = pd.read_csv(file)
    boundary = 1000
    classes = taxonomy.training_classes(tree, boundary)
    return [
        Row(
            f"Training classes at N = {boundary:,}",
            number(value_of("training_classes")),
            f"{number(len(classes))} on Fitzpatrick17k",
            MEASURED,
            f"{source_of('training_classes')}; "
            "not comparable: another tree, an eighth of the images",
        ),
        Row(
            "Images of Fitzpatrick17k in the shipped tree",
            number(value_of("fitzpatrick17k_images")),
            number(int(tree["n"].sum())),
            MEASURED,
            f"{source_of('fitzpatrick17k_images')}; {COUNTED}",
        ),
        Row(
            "Conditions of Fitzpatrick17k in the shipped table",
            number(value_of("fitzpatrick17k_conditions")),
            f"{number(len(conditions))}, with {number(int(conditions['n'].sum()))} images",
            MEASURED,
            f"{source_of('fitzpatrick17k_conditions')}; {COUNTED}",
        ),
    ]


def _total_row() -> Row:
    parts = [value_of("training_images"), value_of("test_images")]
    total, printed = sum(parts), value_of("images")
    added = " + ".join(map(number, parts))
    return Row(
        "All images of the paper",
        number(printed),
        f"{added} = {number(total)}: {number(printed - total)} short",
        PUBLISHED,
        f"{source_of('images')}; {source_of('training_images')}; {source_of('test_images')}",
    )

"""ISIC 2019: 25,331 dermoscopic training images of eight classes, from three collections.

HAM10000 (whose ids it keeps), BCN20000 (Combalia et al., arXiv 1908.02288) and MSK (Codella et
al., arXiv 1710.05006). Two files: the GroundTruth, one column a class, and the Metadata beside it.
The publisher does not say which labels are biopsied, so `label_source` is missing.
"""

from pathlib import Path

import pandas as pd

from dermlab.cases import table
from dermlab.cases.datasets import crosswalk
from dermlab.errors import InputError

NAME = "isic2019"
LICENCE = "CC BY-NC 4.0"
CROSSWALK = crosswalk.load(NAME)
COLUMNS = {"image": "image_id", **dict.fromkeys(CROSSWALK.index, "disease")}  # the GroundTruth
OPTIONAL = {  # the Metadata file's columns; `lesion_id` only in the training part's
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_general": "site",
    "lesion_id": "lesion_id",
}


def metadata_of(path: Path) -> Path:
    """The Metadata file in the folder of the GroundTruth file `path`.

    The file named as the publisher pairs them, else the only CSV there that has "metadata" in its
    name and `image` as its first column. `InputError` otherwise.
    """
    published = path.with_name("ISIC_2019_Training_Metadata.csv")
    if "GroundTruth" in path.name:
        published = path.with_name(path.name.replace("GroundTruth", "Metadata"))
    if published.is_file():
        return published
    beside = [file for file in sorted(path.parent.glob("*.csv")) if _is_metadata(file)]
    if len(beside) == 1:
        return beside[0]
    found = f"several: {', '.join(file.name for file in beside)}" if beside else "none"
    raise InputError(
        f"{path} needs ISIC 2019's Metadata file in the same folder, and there is {found}; "
        f"put it there as {published.name}."
    )


def _is_metadata(file: Path) -> bool:
    first = file.read_bytes()[:20].removeprefix(b"\xef\xbb\xbf").replace(b'"', b"")
    return "metadata" in file.name.lower() and first.startswith(b"image,")


def join(rows: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The GroundTruth's rows with the Metadata's columns, and the rows of both without a partner.

    A row of the Metadata file is set aside under its own line number, and its reason names it.
    """
    file = metadata_of(path)
    metadata, unreadable = table.read_csv(file)
    absent = [c for c in ("image", *OPTIONAL) if c not in metadata and c != "lesion_id"]
    if absent:
        raise InputError(f"{file} lacks the column(s) {', '.join(absent)} of ISIC 2019's Metadata.")
    problems = [
        crosswalk.repeated(metadata["image"]),
        _without_partner(metadata["image"], rows["image"], path),
    ]
    odd = table.set_aside(metadata, pd.concat(problems))
    known = metadata.drop(index=odd.index).set_index("image")
    alone = table.set_aside(rows, _without_partner(rows["image"], known.index, file))
    damaged = pd.concat([unreadable, odd])
    damaged["reason"] = f"in {file.name}: " + damaged["reason"]
    paired = rows.drop(index=alone.index).drop(columns=list(OPTIONAL), errors="ignore")
    joined = paired.join(known.reindex(columns=list(OPTIONAL)), on="image")
    return joined, pd.concat([alone, damaged])


def _without_partner(images: pd.Series, others, file: Path) -> pd.Series:
    return table.wrong(images, images.isin(others), f"an image that {file.name} has too")


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The joined rows as cases, and those that cannot be mapped: not one 1 among zeros."""
    classes = rows[list(CROSSWALK.index)].apply(pd.to_numeric, errors="coerce")
    ones = (classes == 1).sum(axis=1)
    one_hot = classes.isin([0, 1]).all(axis=1) & (ones == 1)
    metadata = rows.reindex(columns=list(OPTIONAL))
    cases = {
        "image_id": rows["image"],
        "lesion_id": metadata["lesion_id"],
        "disease": classes.eq(1).idxmax(axis=1).map(CROSSWALK["node"]),
        "modality": "dermoscopy",
        "age": metadata["age_approx"],
        "sex": metadata["sex"],
        "site": metadata["anatom_site_general"],
        "dataset": NAME,
    }
    expected = f"a single 1 among zeros in {CROSSWALK.index[0]} to {CROSSWALK.index[-1]}"
    sums = ones.astype("str").rename("the sum of the classes")
    problems = [crosswalk.repeated(rows["image"]), table.wrong(sums, one_hot, expected)]
    return crosswalk.keep(rows, cases, problems)

"""ISIC 2019: 25,331 dermoscopic training images of eight classes, from three collections.

HAM10000 (whose ids it keeps), BCN20000 (Combalia et al., arXiv 1908.02288) and MSK (Codella et
al., arXiv 1710.05006). Two files: the GroundTruth, one column a class, and the Metadata beside it.
The publisher does not say which labels are biopsied, so `label_source` is missing.
"""

from pathlib import Path

import pandas as pd

from dermlab.cases import ids, table
from dermlab.cases.datasets import crosswalk, names
from dermlab.errors import InputError

NAME = "isic2019"
LICENCE = "CC BY-NC 4.0"
CROSSWALK = names.load(NAME)
COLUMNS = {"image": "image_id", **dict.fromkeys(CROSSWALK.index, "disease")}  # the GroundTruth
OPTIONAL = {  # the Metadata file's columns; `lesion_id` only in the training part's
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_general": "site",
    "lesion_id": "lesion_id",
}


def find_metadata(path: Path) -> Path | None:
    """The Metadata file in the folder of the GroundTruth file `path`; None where there is none.

    The file named as the publisher pairs them, else the only CSV there that has "metadata" in its
    name and `image` as its first column. `InputError` for several of them.
    """
    beside = metadata_beside(path)
    if len(beside) > 1:
        names = ", ".join(file.name for file in beside)
        raise InputError(
            f"Several files may be the Metadata file of {path}: {names}; "
            f"name the right one {_published_name(path).name}."
        )
    return beside[0] if beside else None


def metadata_beside(path: Path) -> list[Path]:
    """The files in the folder of `path` that may be its Metadata file."""
    published = _published_name(path)
    if published != path and published.is_file():
        return [published]
    return [file for file in sorted(path.parent.glob("*.csv")) if _is_metadata(file, path)]


def read_metadata(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The Metadata file's rows, and those that cannot be read or whose image stands there twice.

    `InputError` for a file without the column `image`.
    """
    rows, unreadable = table.read_csv(file)
    if "image" not in rows:
        raise InputError(f"{file} lacks the column image of ISIC's Metadata; mend it or move it.")
    rows["image"] = ids.normal(rows["image"])
    odd = table.set_aside(rows, crosswalk.repeated(rows["image"]))
    return rows.drop(index=odd.index), pd.concat([unreadable, odd])


def _published_name(path: Path) -> Path:
    if "GroundTruth" in path.name:
        return path.with_name(path.name.replace("GroundTruth", "Metadata"))
    return path.with_name("ISIC_2019_Training_Metadata.csv")


def _is_metadata(file: Path, path: Path) -> bool:
    if "metadata" not in file.name.lower() or file == path or not file.is_file():
        return False
    with file.open("rb") as stream:
        first = stream.read(20).removeprefix(b"\xef\xbb\xbf").replace(b'"', b"")
    return first.startswith(b"image,")


def join(rows: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The GroundTruth's rows with the Metadata's columns, and the rows of both without a partner.

    A row of the Metadata file is set aside under its own line number, and its reason names it.
    """
    file = find_metadata(path)
    if file is None:
        raise InputError(
            f"{path} needs ISIC 2019's Metadata file in the same folder, and there is none; "
            f"put it there as {_published_name(path).name}."
        )
    rows = rows.assign(image=ids.normal(rows["image"]))
    metadata, damaged = read_metadata(file)
    absent = [c for c in OPTIONAL if c not in metadata and c != "lesion_id"]
    if absent:
        raise InputError(
            f"{file} lacks the column(s) {', '.join(absent)} of ISIC 2019's Metadata; mend it."
        )
    damaged["reason"] = f"in {file.name}: " + damaged["reason"]
    joined, odd = crosswalk.paired(rows, path, metadata, file, "image", list(OPTIONAL))
    return joined, pd.concat([odd, damaged])


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The joined rows as cases, and those that cannot be mapped: not one 1 among zeros."""
    disease, not_one = crosswalk.one_hot(rows, CROSSWALK)
    cases = crosswalk.renamed(rows, OPTIONAL) | {
        "image_id": rows["image"],
        "disease": disease,
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["image"]), not_one])

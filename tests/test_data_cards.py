"""Every data card says what the code says, and its numbers come from the tables themselves."""

import hashlib
import re
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dermlab.cases import layouts, sources, table, tasks, taxonomy
from dermlab.cases.datasets import (
    dermamnist,
    fetching,
    fitzpatrick17k,
    fitzpatrick17k_c,
    ham10000,
    isic2019,
    isic2020,
    names,
    pad_ufes20,
)
from dermlab.evaluation import readers
from dermlab.network import torch_file

CARDS = Path(__file__).parents[1] / "data_cards"
SHIPPED = Path(readers.__file__).parents[1] / "data" / "esteva2017"
CLASSES = SHIPPED.parent / "imagenet" / "classes.csv"
SECTIONS = [
    "Origin",
    "Licence",
    "Who is in it, and who is not",
    "Labels and how certain",
    "Known leaks and duplicates",
    "How to get it",
    "Stands in for",
    "Counts",
    "Checksum",
]
TABLES = {  # the card -> the table that its counts come from
    "ham10000": "HAM10000_metadata_with_dataset.csv",
    "fitzpatrick17k": "fitzpatrick17k.csv",
    "pad_ufes20": "pad_ufes20_fitzpatrick_subset_1494.csv",
    "isic2019": "ISIC_2019_Training_GroundTruth.csv",
    "isic2020": "ISIC_2020_Training_GroundTruth.csv",
}
MODULES = {
    "ham10000": ham10000,
    "fitzpatrick17k": fitzpatrick17k,
    "pad_ufes20": pad_ufes20,
    "isic2019": isic2019,
    "isic2020": isic2020,
}
UNSEEN = [  # layouts of which no published file is at hand: their cards count nothing here
    *("bcn20000", "ddi", "derm7pt", "fitzpatrick17k_c", "isic2016", "isic2017", "isic2018"),
    *("isic2024", "isic_archive", "ph2", "scin"),
]
NAMES = [*TABLES, *UNSEEN, "dermamnist", "esteva2017", "imagenet_weights", "lungs", "mni152"]
NAMES += ["fundus", "knee"]
FIELDS = ["name", "images", "lesions", "patients", "licence", "columns", "optional", "also"]


def head(name):
    """The card's `key: value` lines."""
    top = (CARDS / f"{name}.md").read_text(encoding="utf-8").split("---\n")[1]
    return dict(line.split(": ", 1) for line in top.splitlines())


def sections(name):
    """The card's sections, title -> text."""
    parts = re.split(r"^## (.+)$", (CARDS / f"{name}.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tables(text):
    """The tables of a text, first header cell -> rows of cells."""
    found = {}
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        rows = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines()]
        found[rows[0][0]] = [rows[0], *rows[2:]]
    return found


def listed(text):
    return [part.strip() for part in text.split(",")] if text != "none" else []


@pytest.fixture(scope="module")
def read(real_data):
    tree = taxonomy.load_tree()
    return {name: sources.read_cases(real_data / file, tree=tree) for name, file in TABLES.items()}


def images_per(cases, column):
    return cases.dropna(subset=column).groupby(column).size()


def counts(cases):
    """Everything that the first table of a card may count in the table of cases alone."""
    per_lesion, per_patient = images_per(cases, "lesion_id"), images_per(cases, "patient_id")
    found = {
        "images": len(cases),
        "lesions": len(per_lesion),
        "lesions with more than one image": (per_lesion > 1).sum(),
        "images beyond a lesion's first": (per_lesion - 1).sum(),
        "most images of one lesion": per_lesion.max(),
        "patients": len(per_patient),
        "patients with more than one image": (per_patient > 1).sum(),
        "most images of one patient": per_patient.max(),
        "patients with a melanoma": images_per(
            cases[cases["disease"] == "malignant melanoma"], "patient_id"
        ).size,
        "images of people under 18": (cases["age"] < 18).sum(),
        "conditions": cases["disease"].nunique(),
    }
    for column in table.COLUMNS:
        found[f"images without {column}"] = cases[column].isna().sum()
    for column in ("label_source", "sex", "skin_type", "source"):
        for value, n in cases[column].value_counts().items():
            found[f"images with {column} {value}"] = n
    return found


def counts_of_several(read, folder):
    """What needs a second table, the pixels, or the publisher's own columns."""
    ham, isic = read["ham10000"], read["isic2019"]
    inside = isic[isic["image_id"].isin(ham["image_id"])]
    test_part = sources.read_cases(folder / "ISIC2018_Task3_Test_GroundTruth.csv")
    molemax = ham[ham["source"] == "vidir_molemax"]
    originals = isic["image_id"].str.removesuffix("_downsampled")
    fitzpatrick = pd.read_csv(folder / TABLES["fitzpatrick17k"])
    with zipfile.ZipFile(folder / "ham10000_200x150.zip") as pictures:
        same = Counter(hashlib.sha256(pictures.read(n)).digest() for n in pictures.namelist())
    of = isic.set_index("image_id")["disease"]
    akiec = of[ham.loc[ham["disease"] == "malignant epidermal", "image_id"]].value_counts()
    typed = fitzpatrick[fitzpatrick[["fitzpatrick_scale", "fitzpatrick_centaur"]].min(axis=1) > 0]
    return {
        "ham10000": {
            "pairs of equal files": sum(n == 2 for n in same.values()),
            "images shared with the ISIC 2018 test part": len(
                set(ham["image_id"]) & set(test_part["image_id"])
            ),
            "lesions shared with the ISIC 2018 test part": len(
                set(ham["lesion_id"]) & set(test_part["lesion_id"])
            ),
            "nevi among the images of vidir_molemax": (
                molemax["disease"] == "melanocytic nevi"
            ).sum(),
            "follow_up among the images of vidir_molemax": (
                molemax["label_source"] == "follow_up"
            ).sum(),
            "akiec that ISIC 2019 calls actinic keratosis": akiec["actinic keratosis"],
            "akiec that ISIC 2019 calls squamous cell carcinoma": akiec["squamous cell carcinoma"],
        },
        "isic2019": {
            "images that are HAM10000's": len(inside),
            "images of HAM10000's lesions": isic["lesion_id"].isin(ham["lesion_id"]).sum(),
            "images with a lesion_id of BCN": isic["lesion_id"].str.startswith("BCN").sum(),
            "images with a lesion_id of MSK": isic["lesion_id"].str.startswith("MSK").sum(),
            "images with _downsampled in their id": (originals != isic["image_id"]).sum(),
            "images shared with the ISIC 2018 test part": originals.isin(
                test_part["image_id"]
            ).sum(),
            "images shared with ISIC 2020": originals.isin(read["isic2020"]["image_id"]).sum(),
        },
        "fitzpatrick17k": {
            "images from DermaAmin": fitzpatrick["url"].str.contains("dermaamin").sum(),
            "images from Atlas Dermatologico": fitzpatrick["url"].str.contains("atlasderm").sum(),
            "images without an address": fitzpatrick["url"].isna().sum(),
            "images that the publisher had checked again (qc)": fitzpatrick["qc"].notna().sum(),
            "of these called diagnostic of their label": (
                fitzpatrick["qc"] == "1 Diagnostic"
            ).sum(),
            "of these called wrongly labelled": (fitzpatrick["qc"] == "3 Wrongly labelled").sum(),
            "images with a skin type from both annotators": len(typed),
            "of these with the same skin type": (
                typed["fitzpatrick_scale"] == typed["fitzpatrick_centaur"]
            ).sum(),
        },
        "pad_ufes20": {
            "the publisher's lesion ids": cases_of_pad(folder)["lesion_id"].nunique(),
            "of these used for several patients": (
                cases_of_pad(folder).groupby("lesion_id")["patient_id"].nunique() > 1
            ).sum(),
        },
        "isic2020": {},
    }


def cases_of_pad(folder):
    return pd.read_csv(folder / TABLES["pad_ufes20"])


# form


@pytest.mark.parametrize("path", sorted(CARDS.glob("*.md")), ids=lambda path: path.stem)
def test_a_head_is_yaml_with_a_text_a_field(path):
    fields = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    assert list(fields) == FIELDS and fields["name"] == path.stem


@pytest.mark.parametrize("name", NAMES)
def test_a_card_has_the_form(name):
    assert list(head(name)) == FIELDS
    assert head(name)["name"] == name
    assert list(sections(name)) == SECTIONS
    assert all(text.strip() for text in sections(name).values())


def test_every_card_is_tested():
    assert {path.stem for path in CARDS.glob("*.md")} >= set(NAMES)
    assert {*TABLES, *UNSEEN} == {dataset.NAME for dataset in layouts.DATASETS}


# against the code


@pytest.mark.parametrize("name", TABLES)
def test_licence_and_columns_are_those_of_the_mapping(name):
    module = MODULES[name]
    assert head(name)["licence"] == module.LICENCE
    assert module.LICENCE in sections(name)["Licence"]
    assert listed(head(name)["columns"]) == list(module.COLUMNS)
    assert listed(head(name)["optional"]) == list(module.OPTIONAL)


@pytest.mark.parametrize("name", TABLES)
def test_codes_and_nodes_are_those_of_the_crosswalk(name):
    crosswalk = MODULES[name].CROSSWALK
    rows = tables(sections(name)["Counts"]).get("code")
    if rows is None:  # Fitzpatrick17k's 114 conditions are the tree's own
        assert (crosswalk.index == crosswalk["node"]).all()
    else:
        assert {code: node for code, node, _ in rows[1:]} == crosswalk["node"].to_dict()
        assert {node for _, node, _ in rows[1:]} <= set(taxonomy.load_tree()["child"])


@pytest.mark.parametrize("name", TABLES)
def test_every_task_is_counted(name):
    rows = tables(sections(name)["Counts"])["task"]
    assert [row[0] for row in rows[1:]] == list(tasks.NAMES)


@pytest.mark.parametrize("name", UNSEEN)
def test_a_card_of_a_layout_says_what_the_mapping_reads(name):
    (module,) = (dataset for dataset in layouts.DATASETS if name == dataset.NAME)
    said, sets = sections(name), fetching.registry()
    assert head(name)["licence"] == (sets[name].licence if name in sets else module.LICENCE)
    assert module.LICENCE.split(",")[0].casefold() in said["Licence"].casefold()
    assert listed(head(name)["columns"]) == list(module.COLUMNS)
    assert listed(head(name)["optional"]) == list(module.OPTIONAL)
    check_codes(said["Counts"], module)
    assert "*measured here*" not in said["Counts"].casefold() or name == "isic2018"
    assert ("does not know this set" in said["How to get it"]) != (
        name in sets or name == "fitzpatrick17k_c"
    )


def check_codes(counts, module):
    """A card names its codes in a table, or says where they are."""
    codes = {code: node for code, node, *_ in tables(counts).get("code", [])[1:]}
    if codes:
        assert codes == module.CROSSWALK["node"].to_dict()
    elif module is not fitzpatrick17k_c:
        (file,) = re.findall(r"dermlab/data/crosswalks/(\w+).csv", counts) or [module.NAME]
        assert module.CROSSWALK.equals(names.load(file)) or file == "isic_archive"


def test_the_card_of_dermamnist_says_what_its_reader_says():
    said, files = sections("dermamnist"), fetching.registry()
    assert head("dermamnist")["licence"] == dermamnist.LICENCE
    check_codes(said["Counts"], dermamnist)
    known = {
        f"{name}.npz": files[name].files[0].checksum for name in ("dermamnist", "dermamnist_224")
    }
    rows = tables(said["Checksum"])["file"][1:]
    assert {file: f"md5:{checksum}" for file, checksum in rows} == known


# against the tables


@pytest.mark.parametrize("name", TABLES)
def test_counts(read, real_data, name):
    cases = read[name]
    found = counts(cases) | counts_of_several(read, real_data)[name]
    rows = tables(sections(name)["Counts"])["what"]
    assert dict(rows[1:]) == {what: f"{found[what]:,}" for what, _ in rows[1:]}
    for key in ("images", "lesions", "patients"):
        said = head(name)[key]
        if name != "pad_ufes20":  # the head speaks of the whole set, the counts of an extract
            assert said == (str(found[key]) if found[key] else "unknown")


@pytest.mark.parametrize("name", [name for name in TABLES if name != "fitzpatrick17k"])
def test_images_of_each_code(read, name):
    found = read[name]["disease"].value_counts()
    rows = tables(sections(name)["Counts"])["code"][1:]
    per_node = Counter()
    for _, node, n in rows:
        per_node[node] += int(n.replace(",", ""))
    assert {node: n for node, n in per_node.items() if n} == found.to_dict()


@pytest.mark.parametrize("name", TABLES)
def test_usable_images_of_each_task(read, name):
    cases = read[name]
    proven = cases[cases["label_source"] == "biopsy"]
    for task, *cells in tables(sections(name)["Counts"])["task"][1:]:
        expected = [usable(task, cases), usable(task, proven)]
        assert cells == expected, task


def usable(task, cases):
    """`"1,113 melanoma, 6,705 nevus, 2,197 not used"`: the classes that have images."""
    found = tasks.usable(tasks.get(task), cases)
    shown = ", ".join(f"{n:,} {name}" for name, n in found.items() if n)
    return shown or "none"


@pytest.mark.parametrize("name", list(TABLES))
def test_checksums_of_the_publishers_files(real_data, name):
    rows = tables(sections(name)["Checksum"])["file"][1:]
    assert TABLES[name] in [file for file, _ in rows]
    for file, checksum in rows:
        assert hashlib.sha256((real_data / file).read_bytes()).hexdigest() == checksum, file


# the weights of ImageNet


def test_the_imagenet_card_says_what_the_reader_and_the_package_say():
    from importlib import metadata

    card, counted = head("imagenet_weights"), tables(sections("imagenet_weights")["Counts"])
    rows, classes = dict(counted["what"][1:]), pd.read_csv(CLASSES)
    numbers = torch_file.read(torch_file.weights_file())
    sizes = {name: values.size for name, values in numbers.items() if "tracked" not in name}
    below = sum(n for name, n in sizes.items() if not name.startswith("_fc"))
    assert rows["numbers"] == f"{sum(sizes.values()):,}"
    assert rows["numbers below the head"] == f"{below:,}"
    assert rows["classes"] == f"{len(classes):,}" == f"{len(numbers['_fc.bias']):,}"
    dogs = classes["name"].tolist()
    dogs = dogs[dogs.index("Chihuahua") : dogs.index("Mexican hairless") + 1]
    assert rows["breeds of dogs"] == str(len(dogs))
    assert rows["bytes"] == f"{torch_file.weights_file().stat().st_size:,}"
    file, checksum = tables(sections("imagenet_weights")["Checksum"])["file"][1]
    assert (file, checksum) == (torch_file.weights_file().name, torch_file.SHA256)
    assert f"{torch_file.PACKAGE} {torch_file.VERSION}" in card["also"]
    licence = metadata.distribution(torch_file.PACKAGE).read_text("LICENSE")
    assert card["licence"] == "Apache-2.0" and "Apache Software License 2.0" in licence


def test_the_imagenet_card_names_classes_as_the_table_does():
    names, said = pd.read_csv(CLASSES)["name"], sections("imagenet_weights")
    about = " ".join(said["Who is in it, and who is not"].split())
    for part in (r"three classes are people \((.+?)\)", r"are things: (.+?)\. Skin"):
        listed_names = re.split(", and of skin | and |, ", re.search(part, about, re.I)[1])
        assert set(listed_names) <= set(names), listed_names
    twice = set(names[names.duplicated()])
    assert twice == {"crane", "maillot"}
    assert all(name in said["Labels and how certain"] for name in twice)


# the paper's readers


def test_the_esteva2017_card_counts_the_shipped_tables():
    points, answers = readers.esteva_points(), readers.esteva_nineway_answers()
    rows = dict(tables(sections("esteva2017")["Counts"])["what"][1:])
    per_task = points.groupby("task", sort=False)["reader"].nunique()
    sizes = points.drop_duplicates("task").set_index("task")
    assert rows["rows of readers' points"] == str(len(points))
    for task, n in per_task.items():
        assert rows[f"readers, {task}"] == str(n)
        pair = f"{sizes.loc[task, 'n_pos']} / {sizes.loc[task, 'n_neg']}"
        assert rows[f"malignant / benign images, {task}"] == pair
    assert rows["images of the nine-way answers"] == str(len(answers))
    for who in ("dermatologist_1", "dermatologist_2"):
        right = (answers[who] == answers["truth"]).sum()
        assert rows[f"right answers of {who}"] == str(right)
    assert rows["training classes of 2016"] == str(len(readers.esteva_class_sizes()))
    curves = pd.read_csv(SHIPPED / "network_curves_2016.csv")
    assert rows["rows of the curves of 2016"] == f"{len(curves):,}"


def test_the_esteva2017_card_gives_the_checksums_of_the_shipped_tables():
    rows = dict(tables(sections("esteva2017")["Checksum"])["file"][1:])
    assert set(rows) == {path.name for path in SHIPPED.glob("*.csv")}
    for file, checksum in rows.items():
        assert (
            hashlib.sha256((SHIPPED / file).read_bytes().replace(b"\r\n", b"\n")).hexdigest()
            == checksum
        ), file


def test_the_esteva2017_card_carries_its_caveats():
    card = " ".join((CARDS / "esteva2017.md").read_text(encoding="utf-8").split())
    for caveat in (
        "Nobody may try to find out who the readers are",
        "a 2016 network of the authors, not the published one",
        "46 malignant and 93 benign",
        "Names were removed",
    ):
        assert caveat in card


# the simulated chest


def test_the_lungs_card_says_what_the_simulator_draws():
    from dermlab.lessons import results
    from dermlab.survey import lungs

    rows = {
        what: here for what, here, _ in tables(sections("lungs")["Labels and how certain"])["what"]
    }
    assert rows["voxel, mm"].startswith(f"{lungs.VOXEL:g} ")
    assert rows["lung, HU"].startswith(f"about −{-lungs.LUNG:.0f}")
    low, high = lungs.DIAMETERS
    median = lungs.diameters(np.array([0.5]))[0]
    assert rows["diameter, mm"].startswith(f"{low:g} to {high:g}")
    assert rows["diameter, mm"].endswith(f"median {median:.1f}")
    assert rows["nodules a scan"].startswith(f"{lungs.NODULES:g} ")
    assert rows["flat scars and caps a scan"].startswith(f"{lungs.LOOK_ALIKES:g} ")
    assert rows["noise, SD in HU"].startswith("{:.0f} to {:.0f}".format(*lungs.NOISE))
    assert f"{100 * lungs.GROUND_GLASS:.0f} % of nodules" in rows["ground-glass nodule"]
    nodules, said = results.read("survey_nodules", "nodules.csv"), sections("lungs")["Counts"]
    kinds = nodules["kind"].value_counts()
    for n in (len(nodules), nodules["ground_glass"].sum(), *kinds[["at the wall", "at a vessel"]]):
        assert f" {n} " in " ".join(said.split())


# the average brain


def test_the_mni152_card_counts_the_average_and_names_its_files():
    from dermlab.survey import brains

    mean, counted = brains.average(), tables(sections("mni152")["Counts"])["what"][1:]
    share, clear = mean.grey + mean.white, np.maximum(mean.grey, mean.white) > 0.8
    (_, voxels), (_, tissue), (_, of_any), (_, of_most), (_, slices), (_, kinds) = counted
    assert voxels == f"{(mean.t1 > 0).sum():,}" and tissue == f"{(share > 0).sum():,}"
    assert of_any == f"{100 * (1 - clear[share > 0].mean()):.0f} %"
    assert of_most == f"{100 * (1 - clear[share > 0.5].mean()):.0f} %"
    assert slices == str(len(brains.SLICES)) and kinds == str(len(brains.TISSUES) - 1)
    rows = dict(tables(sections("mni152")["Checksum"])["file"][1:])
    assert rows == {brains._path(kind).name: digest for kind, digest in brains.FILES.items()}


def test_the_mni152_card_gives_the_families_ranges():
    from dermlab.survey import brains

    stands = tables(sections("mni152")["Stands in for"])["what"]
    rows = {what: here for what, here, _ in stands[1:]}
    known, new = brains.TRAINING, brains.HELD_OUT
    for what, field in (("grey matter's signal", "grey"), ("fluid's signal", "fluid")):
        here = next(text for name, text in rows.items() if name.startswith(what))
        ends = [
            f"{getattr(family, field)[0]:.2f} to {getattr(family, field)[1]:.2f}"
            for family in (known, new)
        ]
        assert here == f"{ends[0]}; held out {ends[1]}"
    noise = [f"{100 * end:.0f}" for family in (known, new) for end in family.noise]
    assert noise == ["1", "4", "4", "7"]
    here = next(text for name, text in rows.items() if name.startswith("noise"))
    assert here == "1 to 4 %; held out 4 to 7 %"


# the knee implant


def test_the_knee_card_gives_the_sizes_and_attenuation_of_the_code():
    from dermlab.survey import poses, radiographs

    assert list(sections("knee")) == SECTIONS and list(head("knee")) == FIELDS
    text = sections("knee")["Stands in for"]
    assert f"| {radiographs.SIZE:.0f} mm |" in text
    assert f"| {poses.SOURCE - poses.DETECTOR:,.0f} mm, {poses.SOURCE:.0f} mm |" in text
    pixels = radiographs.PIXELS
    assert f"| {pixels} × {pixels} pixels of {radiographs.PIXEL} mm |" in text
    assert f"| {radiographs.PHOTONS:,}, {radiographs.SCATTER:.0%} of" in text.replace(" %", "%")
    for name, material in (("water", "soft"), ("bone", "bone"), ("titanium", "metal")):
        shown = ", ".join(f"{10 * value:.2f}" for value in radiographs.ATTENUATION[material])
        assert re.search(rf"attenuation of {name}.*\| {shown} \|", text)

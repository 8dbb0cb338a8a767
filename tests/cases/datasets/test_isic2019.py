"""ISIC 2019: the GroundTruth with the Metadata of its folder."""

import pandas as pd
import pytest

from dermlab.cases import sources
from dermlab.errors import InputError

CODES = ["MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK"]
METADATA = "image,age_approx,anatom_site_general,lesion_id,sex"
TRUTH = "ISIC_2019_Training_GroundTruth.csv"
BESIDE = "ISIC_2019_Training_Metadata.csv"


def one_hot(image, *codes):
    return ",".join([image, *("1.0" if code in codes else "0.0" for code in CODES)])


@pytest.fixture
def read(tmp_path):
    def _read(truth, metadata, name=TRUTH, beside=BESIDE, header=METADATA):
        if metadata is not None:
            (tmp_path / beside).write_text("\n".join([header, *metadata]))
        (tmp_path / name).write_text("\n".join([",".join(["image", *CODES]), *truth]))
        return sources.read(tmp_path / name)

    return _read


def test_every_code_is_mapped_and_the_metadata_joined_by_image(read):
    cases, rejected = read(
        [one_hot(f"I{k}", code) for k, code in enumerate(CODES)],
        [f"I{k},{5 * k},anterior torso,HAM_{k},male" for k in reversed(range(len(CODES)))],
    )
    assert rejected.empty
    assert cases["disease"].tolist() == [
        "malignant melanoma",
        "melanocytic nevi",
        "basal cell carcinoma",
        "actinic keratosis",
        "benign epidermal",
        "dermatofibroma",
        "benign dermal",
        "squamous cell carcinoma",
        "root",
    ]
    assert cases["age"].tolist() == [5 * k for k in range(9)]
    assert cases["lesion_id"].tolist() == [f"HAM_{k}" for k in range(9)]
    assert set(cases["site"]) == {"anterior torso"}
    assert cases["label_source"].isna().all()


def test_an_empty_cell_of_the_metadata_is_missing(read):
    cases, _ = read([one_hot("I1", "NV")], ["I1,,,,"])
    assert cases[["age", "site", "lesion_id", "sex"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (one_hot("I1", "MEL", "NV"), "the sum of the classes is '2', expected a single 1"),
        (one_hot("I1"), "the sum of the classes is '0', expected a single 1"),
        ("I1,0.5,0.5,0,0,0,0,0,0,0", "expected a single 1 among zeros in MEL to UNK"),
        ("I1,1,x,0,0,0,0,0,0,0", "expected a single 1"),
        ("I1,1,,0,0,0,0,0,0,0", "expected a single 1"),
        (one_hot("I3", "NV"), f"image is 'I3', expected an image that {BESIDE} has too"),
        (one_hot("", "NV"), "image is missing"),
        (one_hot("I0", "NV"), "image is 'I0', expected an id that no other row has"),
    ],
)
def test_a_bad_row_is_rejected(read, row, says):
    cases, rejected = read([one_hot("I0", "NV"), row], ["I0,,,,", "I1,,,,"])
    assert "I1" not in set(cases["image_id"])
    assert any(says in reason for reason in rejected.loc[[3], "reason"])


def test_a_row_of_the_metadata_without_a_truth_is_rejected(read):
    cases, rejected = read([one_hot("I0", "NV")], ["I0,,,,", "I9,,,,", "I8,", "I7,,,,", "I7,,,,"])
    assert cases["image_id"].tolist() == ["I0"]
    assert rejected.index.tolist() == [3, 4, 5, 6]
    assert rejected["reason"].str.startswith(f"in {BESIDE}: ").all()
    assert f"expected an image that {TRUTH} has too" in rejected["reason"].iloc[0]
    assert "has 2 cells" in rejected.loc[4, "reason"]
    assert rejected.loc[[5, 6], "reason"].str.contains("no other row").all()


def test_a_bad_age_is_named_as_in_the_metadata(read):
    _, rejected = read([one_hot("I0", "NV")], ["I0,old,,,"])
    assert rejected["reason"].iloc[0].startswith("age_approx is 'old'")


def test_the_metadata_must_be_there(read):
    with pytest.raises(InputError, match="there is none; put it there as ISIC_2019_Training_Metad"):
        read([one_hot("I0", "NV")], None)


def test_a_renamed_pair_is_found_if_only_one_metadata_file_fits(read, tmp_path):
    (tmp_path / "HAM10000_metadata.csv").write_text("lesion_id,image_id\n1,2\n")
    cases, _ = read([one_hot("I0", "NV")], ["I0,4,,,"], name="truth.csv", beside="my_METADATA.csv")
    assert cases["age"].tolist() == [4]
    (tmp_path / "other_metadata.csv").write_text(METADATA + "\nI0,5,,,\n")
    with pytest.raises(InputError, match=r"truth.csv: my_METADATA.csv, other_metadata.csv; name"):
        sources.read(tmp_path / "truth.csv")


def test_the_publishers_pair_wins_over_other_metadata(read, tmp_path):
    (tmp_path / "ISIC_2019_Test_Metadata.csv").write_text(METADATA + "\nI0,5,,,\n")
    cases, _ = read([one_hot("I0", "NV")], ["I0,4,,,"])
    assert cases["age"].tolist() == [4]


def test_the_test_part_has_no_lesion_ids(read):
    header = "image,age_approx,anatom_site_general,sex"
    cases, rejected = read([one_hot("I0", "NV")], ["I0,4,,male"], header=header)
    assert rejected.empty
    assert cases["lesion_id"].isna().all()


def test_a_metadata_file_without_its_columns_is_refused(read):
    with pytest.raises(InputError, match="lacks the column\\(s\\) age_approx, sex"):
        read([one_hot("I0", "NV")], ["I0,x"], header="image,anatom_site_general")


def test_the_published_tables(real_data):
    cases = sources.read_cases(real_data / TRUTH)
    raw = pd.read_csv(real_data / BESIDE).set_index("image").loc[cases["image_id"]]
    assert len(cases) == 25_331
    assert cases["lesion_id"].isna().sum() == 2_084
    assert cases["lesion_id"].nunique() == raw["lesion_id"].nunique()
    assert cases["age"].sum() == raw["age_approx"].sum()
    truth = pd.read_csv(real_data / TRUTH, index_col="image").sum()
    found = cases["disease"].value_counts()
    assert found["malignant melanoma"] == truth["MEL"] == 4_522
    assert found["melanocytic nevi"] == truth["NV"] == 12_875
    assert found["squamous cell carcinoma"] == truth["SCC"] == 628
    assert "root" not in found


def test_ham10000_lies_within_under_its_own_ids(real_data):
    inside = set(sources.read_cases(real_data / TRUTH)["image_id"])
    assert set(sources.read_cases(real_data / "HAM10000_metadata.csv")["image_id"]) <= inside

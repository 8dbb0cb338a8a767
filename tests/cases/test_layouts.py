"""Each layout as its publisher ships it: real column names and spellings, made-up rows."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import sources, taxonomy
from dermlab.errors import InputError

TREE = taxonomy.load_tree()

ARCHIVE = (
    "isic_id,attribution,copyright_license,acquisition_day,age_approx,anatom_site_1,anatom_site_2,"
    "anatom_site_general,concomitant_biopsy,dermoscopic_type,diagnosis_1,diagnosis_2,diagnosis_3,"
    "diagnosis_4,diagnosis_5,diagnosis_confirm_type,fitzpatrick_skin_type,image_type,lesion_id,"
    "melanocytic,patient_id,sex\n"
)
BY = "Anonymous,CC-BY,1"
NEVUS = "Benign,Benign melanocytic proliferations,Nevus"
DYSPLASTIC = '"Nevus, Atypical, Dysplastic, or Clark","Nevus, Dysplastic"'
MELANOMA = "Malignant,Malignant melanocytic proliferations (Melanoma)"
SLICE = (
    "isic_id,target,patient_id,age_approx,sex,anatom_site_general,clin_size_long_diam_mm,"
    "image_type,tbp_tile_type,tbp_lv_A,attribution,copyright_license,lesion_id,iddx_full,iddx_1,"
    "iddx_2,iddx_3,iddx_4,iddx_5,mel_mitotic_index,mel_thick_mm,tbp_lv_dnn_lesion_confidence\n"
)
TILE = "3.04,TBP tile: close-up,3D: white,20.2,Anonymous,CC-BY"
BCC = "Malignant adnexal epithelial proliferations - Follicular,Basal cell carcinoma"
DERM7PT = (
    "case_num,diagnosis,seven_point_score,pigment_network,streaks,pigmentation,"
    "regression_structures,dots_and_globules,blue_whitish_veil,vascular_structures,"
    "level_of_diagnostic_difficulty,elevation,location,sex,management,clinic,derm,case_id,notes\n"
)
SIGNS = "0,absent,absent,absent,absent,absent,absent,absent,medium,nodular"
BARS = (
    "||   Name || Histological Diagnosis || Clinical Diagnosis || Asymmetry | Pigment Network | "
    "Dots/Globules | Streaks | Regression Areas | Blue-Whitish Veil ||           Colors ||\n"
)
FEATURES = "         0 |               T |             A |       A |                A |     A "

COPIES = {  # name -> file, content, {image_id: disease}, lines set aside
    "ham10000 .tab": (
        "HAM10000_metadata.tab",
        "lesion_id\timage_id\tdx\tdx_type\tage\tsex\tlocalization\tdataset\n"
        '"HAM_0000118"\t"ISIC_0027419"\t"bkl"\t"histo"\t80.0\t"male"\t"scalp"\t"vidir_modern"\n'
        '"HAM_0002730"\t"ISIC_0026769"\t"nv"\t"follow_up"\t\t"unknown"\t"back"\t"rosendahl"\n'
        '"HAM_0001466"\t"ISIC_0031633"\t"??"\t"histo"\t75.0\t"male"\t"ear"\t"vidir_modern"\n',
        {"ISIC_0027419": "benign epidermal", "ISIC_0026769": "melanocytic nevi"},
        [4],
    ),
    "isic_archive": (
        "metadata.csv",
        ARCHIVE + f"ISIC_1,{BY},45,Trunk,Back,,False,contact polarized,{NEVUS},{DYSPLASTIC},"
        "histopathology,III,dermoscopic,IL_1,True,IP_1,female\n"
        f"ISIC_2,{BY},,,,posterior torso,True,,{MELANOMA},Melanoma in situ,"
        '"Melanoma in situ, Lentigo maligna type",,,,clinical: close-up,IL_2,True,IP_1,male\n'
        f"ISIC_3,{BY},60,,,,,,Indeterminate,Indeterminate epidermal proliferations,"
        "Solar or actinic keratosis,,,single contributor clinical assessment,,dermoscopic,,,,\n"
        f"ISIC_4,{BY},60,,,,,,,,,,,,,dermoscopic,,,,\n",
        {
            "ISIC_1": "melanocytic nevi",
            "ISIC_2": "lentigo maligna",
            "ISIC_3": "actinic keratosis",
        },
        [5],
    ),
    "isic2016": (
        "ISBI2016_ISIC_Part3_Training_GroundTruth.csv",
        "ISIC_0000000,benign\nISIC_0000002,malignant\nISIC_0000004,perhaps\n",
        {"ISIC_0000000": "benign", "ISIC_0000002": "malignant"},
        [3],
    ),
    "isic2016 test": (
        "ISBI2016_ISIC_Part3_Test_GroundTruth.csv",
        "ISIC_0000003,0.0\nISIC_0000012,1.0\n",
        {"ISIC_0000003": "benign", "ISIC_0000012": "malignant"},
        [],
    ),
    "isic2017": (
        "ISIC-2017_Training_Part3_GroundTruth.csv",
        "image_id,melanoma,seborrheic_keratosis\nISIC_0000000,0.0,0.0\nISIC_0000002,1.0,0.0\n"
        "ISIC_0000008,0.0,1.0\nISIC_0000009,1.0,1.0\n",
        {
            "ISIC_0000000": "melanocytic nevi",
            "ISIC_0000002": "malignant melanoma",
            "ISIC_0000008": "seborrheic keratosis",
        },
        [5],
    ),
    "isic2018": (
        "ISIC2018_Task3_Training_GroundTruth.csv",
        "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\nISIC_0024306,0.0,1.0,0.0,0.0,0.0,0.0,0.0\n"
        "ISIC_0024310,1.0,0.0,0.0,0.0,0.0,0.0,0.0\nISIC_0024313,1.0,1.0,0.0,0.0,0.0,0.0,0.0\n",
        {"ISIC_0024306": "melanocytic nevi", "ISIC_0024310": "malignant melanoma"},
        [4],
    ),
    "isic2024": (
        "train-metadata.csv",
        SLICE + f"ISIC_1,0,IP_1,60.0,male,lower extremity,{TILE},,Benign,Benign,,,,,,,97.5\n"
        f"ISIC_2,1,IP_1,60.0,male,head/neck,{TILE},IL_1,x,Malignant,{BCC},"
        '"Basal cell carcinoma, Nodular",,,,90.1\n'
        f"ISIC_3,1,IP_2,60.0,,head/neck,{TILE},,Benign,Benign,,,,,,,97.5\n",
        {"ISIC_1": "benign", "ISIC_2": "basal cell carcinoma"},
        [4],
    ),
    "ddi": (
        "ddi_metadata.csv",
        ",DDI_ID,DDI_file,skin_tone,malignant,disease\n0,1,000001.png,56,True,melanoma-in-situ\n"
        "1,2,000002.png,12,FALSE,seborrheic-keratosis-irritated\n"
        "2,3,000003.png,34,True,lipoma\n3,4,000004.png,34,False,wart\n",
        {
            "000001.png": "malignant melanoma",
            "000002.png": "seborrheic keratosis",
            "000004.png": "inflammatory",
        },
        [4],
    ),
    "derm7pt": (
        "meta.csv",
        DERM7PT + f"1,basal cell carcinoma,{SIGNS},abdomen,female,excision,NEL/NEL025.JPG,"
        "NEL/Nel026.jpg,,\n"
        f"2,reed or spitz nevus,{SIGNS},back,male,excision,NEL/NEL027.JPG,NEL/Nel028.jpg,A1,\n"
        f"3,a mole,{SIGNS},back,male,excision,NEL/NEL029.JPG,NEL/Nel030.jpg,,\n",
        {
            "NEL/NEL025": "basal cell carcinoma",
            "NEL/Nel026": "basal cell carcinoma",
            "NEL/NEL027": "melanocytic nevi",
            "NEL/Nel028": "melanocytic nevi",
        },
        [4],
    ),
    "bcn20000": (
        "bcn_20k_train.csv",
        "bcn_filename,age_approx,anatom_site_general,diagnosis,lesion_id,capture_date,sex,split\n"
        "BCN_0000000001.jpg,55.0,anterior torso,MEL,BCN_0003884,2012-05-16,male,train\n"
        "BCN_0000000003.jpg,,,SCC,BCN_0000019,2015-07-09,female,train\n"
        "BCN_0000000004.jpg,50.0,head/neck,,BCN_0000020,2015-07-09,female,train\n",
        {
            "BCN_0000000001.jpg": "malignant melanoma",
            "BCN_0000000003.jpg": "squamous cell carcinoma",
        },
        [4],
    ),
    "ph2": (
        "PH2_dataset.txt",
        f"{BARS}|| IMD003 ||                        ||                  0 ||{FEATURES}||  4 ||\n"
        f"|| IMD058 ||               Melanoma ||                  2 ||{FEATURES}||  3  4 ||\n"
        f"|| IMD059 ||                        ||                  7 ||{FEATURES}||  3  4 ||\n"
        "\nLegends:\nClinical Diagnosis:\n   0 - Common Nevus; 1 - Atypical Nevus; 2 - Melanoma.\n",
        {"IMD003": "melanocytic nevi", "IMD058": "malignant melanoma"},
        [4],
    ),
    "fitzpatrick17k_c": (
        "Fitzpatrick17k-C.csv",
        "md5hash,fitzpatrick,label,nine_partition_label,three_partition_label,orig_img_name,"
        "new_img_name,url,partition\n5e82,3,acne,inflammatory,non-neoplastic,5e82.jpg,a.jpg,x,train\n"
        "fa29,-1,psoriasis,inflammatory,non-neoplastic,fa29.jpg,b.jpg,x,valid\n"
        "d293,1,pimple,inflammatory,non-neoplastic,d293.jpg,c.jpg,x,test\n",
        {"5e82": "acne", "fa29": "psoriasis"},
        [4],
    ),
}


@pytest.fixture
def read(tmp_path):
    def _read(name):
        file, content, *_ = COPIES[name]
        (tmp_path / file).write_text(content)
        return sources.read(tmp_path / file, tree=TREE)

    return _read


@pytest.mark.parametrize("name", COPIES)
def test_a_layout_is_read_as_it_is_published(read, name):
    cases, rejected = read(name)
    *_, diseases, aside = COPIES[name]
    assert dict(zip(cases["image_id"], cases["disease"], strict=True)) == diseases
    assert sorted(set(rejected.index)) == aside
    assert set(cases["dataset"]) == {name.split()[0]}
    assert rejected["reason"].notna().all()


def test_what_the_archive_says_of_an_image(read):
    cases = read("isic_archive")[0].set_index("image_id")
    assert cases["label_source"].tolist()[:2] == ["biopsy", "biopsy"]  # said, and taken beside it
    assert cases["label_source"].isna()["ISIC_3"]
    assert cases["modality"].tolist() == ["dermoscopy", "clinical", "dermoscopy"]
    assert cases["skin_type"]["ISIC_1"] == "3" and cases["site"].tolist()[:2] == [
        "Trunk",
        "posterior torso",
    ]
    assert cases["patient_id"].tolist()[:2] == ["IP_1", "IP_1"] and cases["age"]["ISIC_3"] == 60
    assert cases["source"]["ISIC_1"] == "Anonymous"


def test_an_export_with_few_columns_and_an_unknown_kind_of_nevus(tmp_path):
    path = tmp_path / "metadata.csv"
    path.write_text(
        "isic_id,diagnosis_1,diagnosis_2,diagnosis_3\nI1,Benign,Cysts,A cyst of the year 2030\n"
        "I2,Malignant,A group of 2030,\nI3,Benevolent,,\n"
    )
    cases, rejected = sources.read(path, tree=TREE)
    assert cases["disease"].tolist() == ["benign", "malignant"]
    assert "diagnosis_1 is 'Benevolent', expected one of the names" in rejected["reason"].iloc[0]


def test_what_the_others_say_of_an_image(read):
    tiles = read("isic2024")[0].set_index("image_id")
    assert tiles["label_source"].isna()["ISIC_1"] and tiles["label_source"]["ISIC_2"] == "biopsy"
    assert set(tiles["modality"]) == {"clinical"}
    ddi = read("ddi")[0]
    assert ddi["skin_type"].tolist() == ["5-6", "1-2", "3-4"]
    assert set(ddi["label_source"]) == {"biopsy"}
    both = read("derm7pt")[0]
    assert both["modality"].tolist() == ["clinical", "dermoscopy"] * 2
    assert both["lesion_id"].tolist() == ["1", "1", "2", "2"]
    assert read("ph2")[0]["label_source"].tolist() == ["dermatologist", "biopsy"]
    assert read("fitzpatrick17k_c")[0]["part"].tolist() == ["train", "validation"]
    assert read("bcn20000")[0]["part"].tolist() == ["train", "train"]
    assert read("ham10000 .tab")[0]["age"].isna().tolist() == [False, True]


def test_rejected_rows_are_said_in_the_publishers_words(read):
    said = {name: read(name)[1]["reason"].iloc[0] for name in COPIES if COPIES[name][3]}
    assert said["ddi"] == "malignant is 'True', expected True for a malignant disease, or False"
    assert said["isic2017"].startswith("melanoma and seborrheic_keratosis is '1.0 and 1.0'")
    assert said["isic2024"] == "target is '1', expected 1 where iddx_1 is Malignant, or 0"
    assert said["ph2"].startswith("Clinical Diagnosis is '7', expected one of 0, 1, 2")
    assert said["isic_archive"].startswith("diagnosis_1 is missing")
    assert said["derm7pt"].startswith("diagnosis is 'a mole'")


def test_pictures_of_derm7pt_are_found_by_folder_and_file(read, tmp_path):
    from dermlab.network import picture_files

    for name in ("NEL025.JPG", "Nel026.jpg", "NEL027.JPG", "Nel028.jpg"):
        (tmp_path / "images" / "NEL").mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / "NEL" / name).write_bytes(name.encode())
    cases = read("derm7pt")[0]
    found = picture_files.find(cases["image_id"], [tmp_path / "images"])
    assert [file.name for file in found.values()] == [
        *("NEL025.JPG", "Nel026.jpg", "NEL027.JPG", "Nel028.jpg")
    ]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("a.tab", "image_id,disease,dataset\na,acne,d\n", "cells by commas; save it with tabs"),
        ("PH2_dataset.txt", "Name,Diagnosis\nIMD003,0\n", "is no table of PH2"),
        ("PH2_dataset.txt", BARS, "is no table of PH2"),
        ("a.csv", ",image_id,disease\n0,a,acne\n", "lacks dataset"),
        ("a.csv", "image_id,,disease,dataset\na,,acne,d\n", "no name for column 2"),
        ("ISIC.csv", "ISIC_000,benign\nISIC_001,benign\n", "is not recognised"),
        ("skin.npz", "x", "is an .npz, of which dermamnist.npz"),
        ("dermamnist.npz", "x", "is damaged or cannot be read"),
    ],
)
def test_what_is_nearly_a_layout_is_one_sentence(tmp_path, file, content, said):
    (tmp_path / file).write_text(content)
    with pytest.raises(InputError, match=said) as error:
        sources.read_cases(tmp_path / file, tree=TREE)
    assert "\n" not in str(error.value) and file in str(error.value)


# --- DermaMNIST -----------------------------------------------------------------------------------


@pytest.fixture
def mnist(tmp_path):
    """A file of twelve pictures with DermaMNIST's arrays; `save` changes some of them."""

    def save(name="dermamnist_64.npz", **others):
        rng = np.random.default_rng(0)
        arrays = {}
        for part, labels in (("train", range(7)), ("val", [5, 5]), ("test", [4, 5, 9])):
            arrays[f"{part}_labels"] = np.array([[label] for label in labels], np.uint8)
            size = (len(labels), 8, 8, 3)
            arrays[f"{part}_images"] = rng.integers(0, 256, size, dtype=np.uint8)
        np.savez_compressed(tmp_path / name, **(arrays | others))
        return tmp_path / name, arrays

    return save


def test_dermamnist_is_cases_and_pictures(mnist, tmp_path, monkeypatch):
    from dermlab.network import pictures

    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    path, arrays = mnist()
    cases, rejected = sources.read(path, tree=TREE)
    assert cases["part"].value_counts().to_dict() == {"train": 7, "validation": 2, "test": 2}
    assert cases["disease"].tolist()[:3] == [
        "malignant epidermal",
        "basal cell carcinoma",
        "benign epidermal",
    ]
    assert rejected["reason"].tolist() == ["label is '9', expected one of 0, 1, 2, 3, 4, 5, 6"]
    loaded = pictures.of_cases(cases, [path], 8)
    expected = np.concatenate([arrays[f"{part}_images"] for part in ("train", "val", "test")])[:-1]
    np.testing.assert_array_equal(loaded.pixels, expected)
    assert loaded.image_ids[0] == "dermamnist_train_0000"
    other, _ = mnist("dermamnist.npz")
    assert sources.read(other, tree=TREE)[0]["image_id"].tolist() == cases["image_id"].tolist()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"val_labels": np.zeros(2, np.uint8)}, "holds val_labels of shape"),
        ({"train_images": np.zeros((7, 8, 8), np.uint8)}, "are colour pictures of bytes"),
    ],
)
def test_other_arrays_are_refused(mnist, others, said):
    from dermlab.network import picture_files

    path, _ = mnist(**others)
    with pytest.raises(InputError, match=said):
        sources.read(path, tree=TREE)
        picture_files.find(["dermamnist_train_0000"], [path])


# --- the nine classes that people re-publish ------------------------------------------------------

NINE = {
    "actinic keratosis": "actinic keratosis",
    "basal cell carcinoma": "basal cell carcinoma",
    "dermatofibroma": "dermatofibroma",
    "melanoma": "melanoma",
    "nevus": "melanocytic nevi",
    "pigmented benign keratosis": "benign epidermal",
    "seborrheic keratosis": "seborrheic keratosis",
    "squamous cell carcinoma": "squamous cell carcinoma",
    "vascular lesion": "benign dermal",
}


@pytest.fixture
def republished(tmp_path):
    top = tmp_path / "Skin cancer ISIC The International Skin Imaging Collaboration"
    for part in ("Train", "Test"):
        for name in NINE:
            (top / part / name).mkdir(parents=True)
            (top / part / name / f"ISIC_{part}_{name[:4]}.jpg").write_bytes(
                f"{part}{name}".encode()
            )
    same = b"one picture under two names"
    (top / "Train" / "pigmented benign keratosis" / "ISIC_1.jpg").write_bytes(same)
    (top / "Train" / "seborrheic keratosis" / "ISIC_2.jpg").write_bytes(same)
    return top


def test_the_nine_class_folder_is_read_without_renaming(republished):
    with pytest.warns(UserWarning, match=r"'nevus' as melanocytic nevi \(2 images\)") as said:
        cases = sources.read_cases(republished, tree=TREE)
    (sentence,) = [str(w.message) for w in said]
    assert "'pigmented benign keratosis' as benign epidermal (3 images)" in sentence
    assert "'vascular lesion' as benign dermal" in sentence and "melanoma'" not in sentence
    assert cases["part"].value_counts().to_dict() == {"train": 11, "test": 9}
    assert set(cases["disease"]) == set(NINE.values())
    (two,) = sources.two_diseases(cases)
    assert two["diseases"] == ["benign epidermal", "seborrheic keratosis"]


def test_their_copies_under_two_labels_are_set_aside_with_a_reason(republished):
    with pytest.warns(UserWarning, match="ISIC's words"):
        cases, rejected = sources.read(republished, tree=TREE)
    good, aside = sources.without_contradictions(cases, rejected, sources.two_diseases(cases))
    assert len(good) == 18 and sorted(aside["image_id"]) == ["ISIC_1", "ISIC_2"]
    assert set(aside.index) == set(cases.index) - set(good.index)
    assert "benign epidermal and seborrheic keratosis: ISIC_1 = ISIC_2" in aside["reason"].iloc[0]


def test_a_folder_around_the_classes_in_isics_words_is_known_as_one(tmp_path):
    for name in ("nevus", "vascular lesion"):
        (tmp_path / "set" / "images" / name).mkdir(parents=True)
        (tmp_path / "set" / "images" / name / f"{name}.jpg").write_bytes(name.encode())
    with pytest.raises(InputError, match=r"stand one folder deeper: name .*images"):
        sources.read_cases(tmp_path / "set", tree=TREE)


def test_classes_of_ones_own_keep_isics_words(republished):
    from dermlab.cases.reading import Reading

    cases, _ = sources.read(republished, reading=Reading(own=True))
    assert set(cases["disease"]) == set(NINE)


def test_the_real_labels_of_isic_2018_agree_with_ham10000s_own(real_data, tmp_path):
    """The test part's one-hot file, made of the published table, names the same nodes."""
    published = pd.read_csv(real_data / "ISIC2018_Task3_Test_GroundTruth.csv")
    codes = ["MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC"]
    hot = pd.get_dummies(published["dx"].str.upper())[codes].astype(float)
    hot.insert(0, "image", published["image_id"])
    hot.to_csv(tmp_path / "gt.csv", index=False)
    ours = sources.read_cases(tmp_path / "gt.csv")
    theirs = sources.read_cases(real_data / "ISIC2018_Task3_Test_GroundTruth.csv")
    assert ours["disease"].tolist() == theirs["disease"].tolist() and len(ours) == 1512

"""The report: every value against one counted here by other means, and a page that stands alone."""

import json
from html.parser import HTMLParser
from importlib.resources import files

import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from dermlab.lessons import report
from dermlab.lessons.report import dermatologists
from dermlab.lessons.report import page as pages

DATA = files("dermlab") / "data"


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for part in report.sections().values() for row in part}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    page, data = report.write(folder)
    assert [path.name for path in folder.iterdir()] == ["report.html", "report.json"]
    return page.read_text("utf-8"), json.loads(data.read_text("utf-8"))


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(str(DATA / "esteva2017" / "nineway_180_answers.csv"))


def test_the_dermatologists_are_right_as_often_as_published(rows, answers):
    for number, share, right in ((1, "53.3 %", 96), (2, "55.0 %", 99)):
        row = rows[f"Dermatologist {number}, nine-way accuracy"]
        assert right == (answers["truth"] == answers[f"dermatologist_{number}"]).sum()
        assert row.published == share
        assert row.here.startswith(f"{share} ({right} of 180; ")


def test_kappa_is_that_of_scikit_learn(rows, answers):
    one, two = answers["dermatologist_1"], answers["dermatologist_2"]
    expected = {
        "Dermatologist 1 with the truth": cohen_kappa_score(answers["truth"], one),
        "Dermatologist 2 with the truth": cohen_kappa_score(answers["truth"], two),
        "Dermatologist 1 with Dermatologist 2": cohen_kappa_score(one, two),
    }
    for name, kappa in expected.items():
        assert float(rows[f"Nine-way kappa, {name}"].here.split()[0]) == pytest.approx(
            kappa, abs=6e-4
        )


def test_the_matrices_are_those_that_a_loop_counts(written, answers):
    for number in (1, 2):
        found = written[1]["confusion"][f"Dermatologist {number}"]
        counts = [[0] * 9 for _ in range(9)]
        pairs = zip(answers["truth"], answers[f"dermatologist_{number}"], strict=True)
        for truth, answer in pairs:
            counts[found["classes"].index(truth)][found["classes"].index(answer)] += 1
        assert found["counts"] == counts
        assert [sum(row) for row in counts] == [20] * 9


def test_the_blind_sorting_stands_beside_them_in_the_same_order_marked_simulated(written):
    page, data = written
    found = data["confusion"]["A program, by nine descriptions"]
    assert found["kind"] == "simulated"
    assert found["classes"] == data["confusion"]["Dermatologist 1"]["classes"]
    assert data["confusion"]["Dermatologist 1"]["kind"] == "published"
    sorted_by = pd.read_csv(str(DATA / "blind_sorting" / "answers.csv"))
    counts = [[0] * 9 for _ in range(9)]
    for truth, answer in zip(sorted_by["nine"], sorted_by["answer"], strict=True):
        counts[found["classes"].index(truth)][found["classes"].index(answer)] += 1
    assert found["counts"] == counts
    assert [sum(row) for row in counts] == [5] * 9
    said = page[page.index("<h2>What was answered on drawn pictures") :]
    assert "A program, by nine descriptions: 33 of 45 right" in said
    assert 'simulated">simulated</span>' in said and "sorted once, by a program" in said


def test_the_readers_are_as_many_and_as_good_as_the_papers(rows):
    for task, n in (("carcinoma", 25), ("melanoma", 22), ("melanoma (dermoscopy)", 21)):
        row = rows[f"Dermatologists in the test, {task}"]
        assert (row.published, row.here) == (str(n), str(n))
    means = {  # computed from the same counts by other hands
        "carcinoma, “biopsy or reassure?”": "94.9 ± 4.4 / 71.3 ± 11.9 %",
        "carcinoma, “malignant or benign?”": "92.9 ± 4.8 / 77.9 ± 10.0 %",
        "melanoma, “biopsy or reassure?”": "94.8 ± 6.0 / 75.4 ± 14.9 %",
        "melanoma, “malignant or benign?”": "90.5 ± 8.1 / 84.2 ± 11.5 %",
        "melanoma (dermoscopy), “biopsy or reassure?”": "85.1 ± 13.7 / 71.2 ± 13.2 %",
        "melanoma (dermoscopy), “malignant or benign?”": "80.3 ± 15.7 / 76.8 ± 11.8 %",
    }
    for asked, here in means.items():
        assert rows[f"Their sensitivity / specificity, mean ± SD, {asked}"].here == here


def test_the_test_that_disagrees_with_its_legend_says_so(rows):
    melanoma = rows["Images in the test, melanoma"]
    assert melanoma.published == "33 malignant, 97 benign"
    assert melanoma.here == "46 malignant, 93 benign"
    assert "disagree" in melanoma.source
    assert "disagree" not in rows["Images in the test, carcinoma"].source


def test_the_areas_are_those_of_scikit_learn(rows):
    folder = DATA / "esteva2017"
    curves = pd.read_csv(str(folder / "network_curves_2016.csv"))
    sizes = pd.read_csv(str(folder / "network_large_tests_2016.csv")).set_index(["task", "step"])
    for (task, step), curve in curves.groupby(["task", "step"]):
        n_pos, n_neg = sizes.loc[(task, step), ["n_pos", "n_neg"]]
        # a negative outranks as many positives as are found after its false positive
        found_before = [(curve["fp"] <= i).sum() for i in range(n_neg)]
        scores = [*(-i for i in range(1, n_pos + 1)), *(-n - 0.5 for n in found_before)]
        area = roc_auc_score([1] * n_pos + [0] * n_neg, scores)
        row = rows[f"Area under its curve, {dermatologists.TASKS[task]}, step {step:,}"]
        assert float(row.here.split()[0]) == pytest.approx(area, abs=6e-4)
        assert float(row.published) < area


def test_the_taxonomy_holds_every_image_of_fitzpatrick17k(rows):
    counts = pd.read_csv(str(DATA / "taxonomy" / "fitzpatrick17k_counts.csv"))
    assert (len(counts), counts["n"].sum()) == (114, 16_577)
    images = rows["Images of Fitzpatrick17k in the shipped tree"]
    assert (images.published, images.here, images.kind) == ("16,577", "16,577", "measured here")
    classes = rows["Training classes at N = 1,000"]
    assert classes.published == "757"
    assert 9 <= int(classes.here.split()[0]) <= 114
    assert "not comparable" in classes.source


def test_the_papers_totals_do_not_add_up(rows):
    row = rows["All images of the paper"]
    assert row.published == "129,450"
    assert row.here == "127,463 + 1,942 = 129,405: 45 short"


def test_every_published_value_has_a_source_that_says_how_sure_it_is():
    table = report.published()
    assert table.notna().all(axis=None)
    assert table.index.is_unique
    assert set(table["confidence"]) <= {"R", "R2", "L"}
    quoted = table["source"].str.contains("as quoted in")
    assert quoted.equals(table["confidence"] == "R2")
    assert table.loc[table["confidence"] == "L", "source"].str.contains("the lecture").all()


def test_the_json_has_the_rows_of_the_page(written, rows):
    page, data = written
    assert [row["name"] for row in data["rows"]] == list(rows)
    for row in data["rows"]:
        assert list(row) == ["name", "published", "here", "kind", "source"]
        assert row["kind"] in report.KINDS
        assert all(row.values())
        assert pages._text(row["here"]) in page


class Outline(HTMLParser):
    """The elements of a page, and whether every one is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(written):
    page = written[0]
    outline = Outline(page)
    assert outline.open == []
    tags = [tag for tag, _ in outline.elements]
    assert outline.elements[0] == ("html", {"lang": "en"})
    assert tags.count("title") == tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption") == 4
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert "http:" not in page and "https:" not in page and "url(" not in page
    assert all(attributes.get("scope") for tag, attributes in outline.elements if tag == "th")


def test_marks_are_told_by_words_and_not_by_colour_alone(written):
    for kind, meaning in report.KINDS.items():
        assert f">{kind}</span> {meaning}" in written[0]


def test_counts_are_legible_on_every_shade():
    def luminance(colour):
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    inks = {"#fff": (1, 1, 1), "#000": (0, 0, 0)}
    for count in range(21):
        style = pages._cell(count / 20, count).split('"')[1]
        shade, ink = (part.split(":")[1] for part in style.split(";"))
        ground = [int(c) / 255 for c in shade[4:-1].split(",")]
        dark, light = sorted((luminance(ground), luminance(inks[ink])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.1, level AA

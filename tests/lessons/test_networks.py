"""The shipped network comes ready to be asked, and is the one whose tests are shipped."""

import numpy as np
import pytest

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic import test_sets
from dermlab.evaluation import roc
from dermlab.lessons import networks, results
from dermlab.network import inference, pictures
from results.clinic_network import recipe as maker


@pytest.fixture(scope="module")
def run():
    return networks.classroom_network()


def test_it_names_an_output_for_every_class(run):
    assert run.model.output_shape == (None, len(run.classes))
    assert run.model.input_shape == (None, run.size, run.size, 3)
    assert all(isinstance(nodes, tuple) for nodes in run.classes["diseases"])
    held = [node for nodes in run.classes["diseases"] for node in nodes]
    assert len(set(held)) == len(held) and set(held) <= set(taxonomy.load_tree()["child"])


def test_it_repeats_the_shipped_answers_to_the_melanoma_test(run):
    """Rolled up by the returned classes, from rendering to the area."""
    cases = test_sets.named("melanoma")
    asked = inference.predict(
        run.model, pictures.of_cases(cases, [pictures.CLINIC], run.size).pixels
    )
    shipped = results.read(networks.NAME, "tests.csv").set_index("test").loc["melanoma"]
    task = tasks.get("melanoma-vs-nevus")
    sides = taxonomy.roll_up(asked.astype(float), run.classes, [nodes for _, nodes in task.classes])
    truth = tasks.assign(task, cases["truth"]).to_numpy(object) == task.positive
    area = roc.auc(truth, sides[:, 0] / sides.sum(axis=1))
    assert area.estimate == pytest.approx(shipped["estimate"], abs=2e-3)
    np.testing.assert_allclose(asked.sum(axis=1), 1, atol=1e-4)


def test_answers_stand_beside_the_truth_by_image(run):
    cases = test_sets.named("melanoma").head(12)
    table = networks.scored(run, cases, "melanoma-vs-nevus")
    assert table.index.tolist() == cases["image_id"].tolist()
    assert table["malignant"].tolist() == test_sets.is_malignant(cases).tolist()
    pixels = pictures.of_cases(cases, [pictures.CLINIC], run.size).pixels
    probabilities = inference.predict(run.model, pixels).astype(float)
    expected = tasks.read_out(probabilities, run.classes, "melanoma-vs-nevus").iloc[:, 0]
    np.testing.assert_allclose(table["score"], expected, atol=1e-5)


def test_its_recipe_and_seed_are_those_it_was_trained_with(run):
    assert run.task is None and run.seed == maker.SEED == results.manifest(networks.NAME)["seed"]

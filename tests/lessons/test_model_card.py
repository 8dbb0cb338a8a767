"""The card's headings are those of Hugging Face's template; a folder's name makes none."""

import itertools
import re
import string

from dermlab.lessons import model_card

HEADINGS = {  # of huggingface_hub's modelcard_template.md that a network for pictures needs
    *("Model Details", "Model Description", "Model Sources [optional]", "Uses", "Direct Use"),
    *("Downstream Use [optional]", "Out-of-Scope Use", "Bias, Risks, and Limitations"),
    *("Recommendations", "How to Get Started with the Model", "Training Details"),
    *("Training Data", "Training Procedure", "Preprocessing [optional]"),
    *("Training Hyperparameters", "Speeds, Sizes, Times [optional]", "Evaluation"),
    *("Testing Data, Factors & Metrics", "Testing Data", "Factors", "Metrics", "Results"),
    *("Summary", "Model Examination [optional]", "Environmental Impact"),
    *("Technical Specifications [optional]", "Model Architecture and Objective"),
    *("Compute Infrastructure", "Hardware", "Software", "Citation [optional]"),
    *("Model Card Authors [optional]", "Model Card Contact"),
}


def test_the_headings_are_hugging_faces_and_stand_under_one_title():
    headings = re.findall(r"(?m)^(#+) (.*)$", model_card.TEMPLATE)
    assert headings[0] == ("#", "Model Card for {name}")
    assert {text for _, text in headings[1:]} == HEADINGS
    assert len(headings) == len(HEADINGS) + 1
    levels = [len(marks) for marks, _ in headings]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_what_only_a_person_knows_has_its_place_in_the_card():
    places = {name for _, name, _, _ in string.Formatter().parse(model_card.TEMPLATE) if name}
    assert set(model_card.WHO) <= places


def test_a_name_makes_no_heading_and_no_tag():
    assert model_card._escaped("a <b>\n# c") == "a &lt;b>\n\\# c"

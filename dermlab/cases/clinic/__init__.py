"""The virtual clinic: patients, lesions, photographs and labels of which every fact is known."""

from dermlab.cases.clinic import observers
from dermlab.cases.clinic.patients import make, prevalence, test_set
from dermlab.cases.clinic.pictures import masks, render

__all__ = ["make", "masks", "observers", "prevalence", "render", "test_set"]

"""`roc` against R's pROC on random scores with ties; skipped where R or pROC is missing."""

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import clustered, roc

SCRIPT = """
suppressMessages(library(pROC))
table <- read.csv(commandArgs(TRUE)[1])
curve <- function(rows, score) roc(rows$positive, rows[[score]], levels = c(0, 1),
                                   direction = "<", quiet = TRUE)
a <- curve(table, "a"); b <- curve(table, "b")
one <- curve(table[table$half == 0, ], "a"); two <- curve(table[table$half == 1, ], "b")
paired <- roc.test(a, b, method = "delong", paired = TRUE)
unpaired <- roc.test(one, two, method = "delong", paired = FALSE)
values <- c(auc(a), var(a), ci.auc(a)[1], ci.auc(a)[3], paired$statistic, paired$p.value,
            unpaired$statistic, unpaired$p.value, unpaired$parameter, cov(a, b))
cat(paste0("[", paste(sprintf("%.17g", values), collapse = ","), "]"))
"""


@pytest.fixture(scope="module")
def rscript():
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("R is not installed")
    check = [program, "-e", "quit(status = !requireNamespace('pROC', quietly = TRUE))"]
    if subprocess.run(check, capture_output=True, check=False).returncode:
        pytest.skip("R has no pROC (Debian: r-cran-proc)")
    return program


@pytest.mark.parametrize(("seed", "n", "decimals"), [(0, 130, 1), (1, 60, 6), (2, 400, 0)])
def test_areas_and_tests_are_procs(rscript, tmp_path, seed, n, decimals):
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    a, b = np.round(rng.normal(size=n) + rng.normal(size=(2, n)) + 1.2 * positive, decimals)
    half = np.arange(n) % 2
    table = pd.DataFrame({"positive": positive.astype(int), "a": a, "b": b, "half": half})
    table.to_csv(tmp_path / "scores.csv", index=False)
    (tmp_path / "script.R").write_text(SCRIPT, encoding="utf-8")
    command = [rscript, "--vanilla", str(tmp_path / "script.R"), str(tmp_path / "scores.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    area, paired = roc.auc_delong(positive, a), roc.compare_auc(positive, a, b)
    unpaired = roc.compare_auc_unpaired(
        positive[half == 0], a[half == 0], positive[half == 1], b[half == 1]
    )
    covariance = clustered.auc_covariance(positive, np.stack([a, b]), np.arange(n))[1]
    found = [area.estimate, area.variance, area.low, area.high, paired.z, paired.p_value,
             unpaired.z, unpaired.p_value, unpaired.df, covariance[0, 1]]  # fmt: skip
    assert np.abs(np.subtract(found, json.loads(done.stdout))).max() < 1e-10

"""The benchmark in one picture, drawn whenever its rows are published: the README and the first page show it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tsinterp_lib import paths
from tsinterp_lib.experiments import report, store

SOURCE = "Source"
"""The key of the picture's metadata that names the rows it was drawn from."""


def path() -> Path:
    """Where the picture lies: beside the pages that show it."""
    return paths.root() / "book" / "figures" / "answer.png"


def rows_digest() -> str:
    """What identifies the published rows of the benchmark."""
    return hashlib.sha256(store.published("benchmark").read_bytes()).hexdigest()


def draw(target: Path | None = None) -> Path:
    """Draw AUROC per explainer and network (corrected, paper profile) and note the rows in the picture's metadata."""
    from tsinterp_lib import figures

    target = target or path()
    rows, layouts = report.on_shared_layouts(report.rows("benchmark", "paper"), "corrected")
    label = f"AUROC against the planted cells, mean of {layouts} layouts (0.5 is chance)"
    figure = figures.by_network(report.by_explainer(rows, "auroc", "corrected"), label, 0.5)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={SOURCE: f"results/benchmark.parquet sha256 {rows_digest()}"})
    return target

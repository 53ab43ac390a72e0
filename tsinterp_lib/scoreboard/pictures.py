"""The book in two pictures, drawn whenever rows are published: the benchmark, and the verdicts of the scoreboard."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tsinterp_lib import paths
from tsinterp_lib.engine import store
from tsinterp_lib.tables import select, summaries

SOURCE = "Source"
"""The key of the picture's metadata that names the rows it was drawn from."""


JUDGED = ("benchmark", "guided", "vanishing")
"""Studies whose rows the scoreboard compares with published numbers."""


def path() -> Path:
    """Where the picture lies: beside the pages that show it."""
    return paths.root() / "book" / "figures" / "answer.png"


def verdicts_path() -> Path:
    """Where the picture of the scoreboard's verdicts lies."""
    return path().with_name("verdicts.png")


def rows_digest(*studies: str) -> str:
    """What identifies the published rows of studies (default: of the benchmark)."""
    digest = hashlib.sha256()
    for study in studies or ("benchmark",):
        digest.update(store.published(study).read_bytes())
    return digest.hexdigest()


def draw_verdicts(target: Path | None = None) -> Path:
    """Draw how many published numbers got which verdict and note the rows in the picture's metadata."""
    from tsinterp_lib import figures
    from tsinterp_lib.scoreboard import numbers

    target = target or verdicts_path()
    figure = figures.verdict_counts(numbers.scoreboard("paper"))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={SOURCE: f"results/ benchmark and guided sha256 {rows_digest(*JUDGED)}"})
    return target


def draw(target: Path | None = None) -> Path:
    """Draw AUROC per explainer and network (corrected, paper profile) and note the rows in the picture's metadata."""
    from tsinterp_lib import figures

    target = target or path()
    rows, layouts = select.on_shared_layouts(select.rows("benchmark", "paper"), "corrected")
    label = f"AUROC against the planted cells, mean of {layouts} layouts (0.5 is chance)"
    figure = figures.by_network(summaries.by_explainer(rows, "auroc", "corrected"), label, 0.5)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={SOURCE: f"results/benchmark.parquet sha256 {rows_digest()}"})
    return target

"""Every chapter runs from nothing, small, through the one caller of papermill."""

import shutil

import nbformat
import pytest

from tsinterp_lib import paths
from tsinterp_lib.publishing import book, notebook

SMALL = {
    "datasets": {"protocol": "corrected", "process": "harmonic", "seed": 3},
    "models": {"profile": "smoke", "compute": True, "gated": False, "max_epochs": 1},
    "explainers": {"n_train": 50, "max_epochs": 1, "layout": "rare_time", "n_explained": 2},
    "metrics": {"layout": "rare_feature", "n_samples": 6},
    "benchmark": {"profile": "smoke", "compute": True, "gated": False},
    "real_digits": {"n_train": 300, "n_test": 60, "max_epochs": 2},
    "temporal_saliency_rescaling": {"layout": "rare_time", "max_epochs": 1, "bases": ["gradient"]},
    "dynamask": {"epochs": 50},
    "vanishing_saliency": {"profile": "smoke", "compute": True, "side": 50},
    "guided_digits": {"profile": "smoke", "compute": True},
    "guided_images": {"profile": "smoke", "compute": True},
    "remove_and_retrain": {"profile": "smoke", "compute": True},
    "mask_audit": {"n_series": 4, "epochs": 5, "mask_epochs": 20},
}
"""Parameters that keep each chapter to seconds; a chapter without an entry here is the page of the book."""


def small(name, tmp_path, monkeypatch):
    """The chapter executed from nothing; a page of the last run stays good while nothing it depends on has changed."""
    kept = paths.staging().parent / "executed_small"
    page = kept / f"{name}.{book.key_of(book.depends_on(), name, SMALL[name])}.ipynb"
    if not page.exists():
        for old in kept.glob(f"{name}.*"):
            old.unlink()
        monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
        made = notebook.run(name, SMALL[name], tmp_path / f"{name}.ipynb")
        kept.mkdir(parents=True, exist_ok=True)
        shutil.move(made, page)
    return page


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(p.stem for p in paths.notebooks().glob("*.ipynb")))
def test_a_chapter_runs_small_and_shows_what_made_it(name, tmp_path, monkeypatch):
    if name in SMALL:
        page = small(name, tmp_path, monkeypatch)
    else:
        # As the book makes it, into the book's folder: what is unchanged is not executed twice, here or there.
        page = book.execute([name], {name: {}}, jobs=1, say=print)[name]
    cells = nbformat.read(page, 4).cells
    outputs = [o for c in cells for o in c.get("outputs", [])]
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 1
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    for key in SMALL.get(name, {}):
        assert key in text


def test_every_small_chapter_exists():
    assert set(SMALL) <= {p.stem for p in paths.notebooks().glob("*.ipynb")}

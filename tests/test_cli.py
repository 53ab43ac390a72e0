"""The command line says what there is, what is missing, and what is wrong in one line."""

import subprocess
import sys

import pytest

from tsinterp_lib import cli
from tsinterp_lib.engine import runner, store
from tsinterp_lib.registry import find


def call(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["tsinterp", *arguments])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(autouse=True)
def _places(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path / "results"))


def test_list_names_everything(monkeypatch, capsys):
    code, out, _ = call(monkeypatch, capsys, "list")
    assert code == 0
    for word in ("moving_rare_feature", "lstm_input_cell", "integrated_gradients", "aup_mass", "benchmark", "paper"):
        assert word in out
    assert "benchmark" in out


def test_list_of_one_kind_and_of_an_unknown_one(monkeypatch, capsys):
    assert call(monkeypatch, capsys, "list", "model")[1].startswith("model: lstm, ")
    code, _, err = call(monkeypatch, capsys, "list", "modle")
    assert code == 2
    assert "Did you mean 'model'" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "benchmrk"], "Did you mean 'benchmark'"),
        (["run", "benchmark", "--profile", "papr"], "Did you mean 'paper'"),
        (["run", "benchmark", "--profile", "smoke", "--only", "model=tcnn"], "lstm, tcn"),
        (["run", "benchmark", "--only", "nonsense"], "axis=label"),
        (["run", "benchmark", "--profile", "smoke", "--only", "model="], "no label is empty"),
        (["run", "benchmark", "--profile", "smoke", "--only", "model=tcn,"], "no label is empty"),
        (["run", "benchmark", "--profile", "smoke", "--workers", "-1"], "workers is -1; it must be 0"),
        (["verify", "benchmark", "--profile", "smoke"], "tsinterp run benchmark"),
        (["book", "-p", "epochs=1000000000000"], "from 1 to 1000000"),
        (["status", "benchmark", "--profile", "x"], "Known: mnist_10k, mnist_3k, mnist_full, paper, quick, smoke"),
        (["compact", "benchmark"], "no computed units"),
        (["notebook", "05_benchmrk"], "Did you mean 'benchmark'"),
        (["notebook", "benchmark", "-p", "profle=smoke"], "Did you mean 'profile'"),
        (["notebook", "benchmark", "-p", "compute=perhaps"], "compute"),
    ],
)
def test_wrong_calls_are_refused_with_the_next_step(monkeypatch, capsys, arguments, message):
    code, _, err = call(monkeypatch, capsys, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_a_run_leaves_rows_and_status_counts_it(monkeypatch, capsys):
    only = ["--only", "model=tcn", "--only", "dataset=middle/gaussian_noise"]
    code, out, _ = call(monkeypatch, capsys, "run", "benchmark", "--profile", "smoke", "--workers", "0", *only)
    assert code == 0
    assert "2 units, 0 present, 2 to compute" in out
    assert "rows in" in out
    _, out, _ = call(monkeypatch, capsys, "status", "benchmark", "--profile", "smoke")
    lines = {tuple(line.split()[:4]) for line in out.splitlines()}
    assert ("corrected", "tcn", "2", "1") in lines
    assert ("corrected", "lstm", "2", "0") in lines


def test_a_label_that_holds_commas_is_one_label_and_a_list_of_labels_is_several():
    rescaling, paper = find("study", "rescaling"), find("profile", "paper")
    given = ["explainer=tsr[gradient, paper]", "explainer=gradient,occlusion", "model=tcn"]
    assert cli._only(given, rescaling, paper) == {
        "explainer": ["tsr[gradient, paper]", "gradient", "occlusion"],
        "model": ["tcn"],
    }


def test_verify_says_equal_and_exits_with_1_where_a_row_differs(monkeypatch, capsys):
    only = ["--only", "model=tcn", "--only", "dataset=middle/gaussian_noise", "--only", "explainer=random"]
    call(monkeypatch, capsys, "run", "benchmark", "--profile", "smoke", "--workers", "0", *only)
    code, out, _ = call(monkeypatch, capsys, "verify", "benchmark", "--profile", "smoke")
    assert code == 0
    assert "4 cells, 4 equal, 0 differ" in out
    table = store.read("benchmark")
    table.loc[table["metric"] == "auroc", "value"] += 0.5
    store._write(store.file_of("benchmark"), table)
    code, out, _ = call(monkeypatch, capsys, "verify", "benchmark", "--profile", "smoke")
    assert code == 1
    assert "DIFFERS: value by at most 0.5" in out


def test_a_run_that_is_stopped_says_so_in_one_line(monkeypatch, capsys):
    def stop(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "compute_unit", stop)
    code, _, err = call(monkeypatch, capsys, "run", "benchmark", "--profile", "smoke", "--workers", "0")
    assert code == 130
    assert err.startswith("stopped: 0 of ")
    assert "Traceback" not in err


HEAVY = ("captum", "matplotlib", "IPython", "distributed", "pandas", "scipy", "sklearn", "papermill", "jupyter_book")
"""What takes long to import and is not needed to say which names there are."""
LOADED = f"""
import sys
from tsinterp_lib import cli
try:
    cli.main()
except SystemExit:
    pass
print("loaded:", *sorted(set({HEAVY}) & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "words", ["--help", "list", "runn", "run benchmrk", "status benchmrk", "verify benchmrk", "maps benchmrk"]
)
def test_names_are_said_before_anything_heavy_is_loaded(words):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words.split()], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
    said = ("No such command", "Did you mean", "Known: ")
    assert any(text in done.stderr for text in said) or not done.stderr

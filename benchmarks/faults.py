"""``python -m benchmarks.faults [NAME ...]``: break the library on purpose, one line at a time; the tests must notice.

Every fault is a line of the library with another in its place: before and after exchanged, the wrong sign, the wrong
split, a missing square root. The library and its tests are copied to a temporary folder, one fault is made at a time,
and the tests that should notice are run there. Printed is which faults were caught and which lived; the exit status is
1 where fewer than 95 % were caught. A fault whose old text is no longer in its file, or is there twice, raises: the
list is then to be brought up to date.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROCESSES = 2
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # modules are imported before, on purpose
LEAST = 0.95
"""The share of faults that must be caught."""


SLOW_TO_IMPORT = (
    "torch", "pandas", "scipy.stats", "matplotlib.pyplot", "seaborn", "duckdb", "scikit_posthocs", "captum.attr",
    "beartype", "sklearn", "statsmodels.api", "distributed",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Names one wrong line: in which file of the library, which text, what stands there instead, who should notice."""

    name: str
    file: str
    old: str
    new: str
    tests: str


STATISTICS_OLD = "tests/statistics/test_comparison.py"
ENGINE, TABLES, STUDIES = "tests/engine/test_rows.py", "tests/tables/test_tables.py", "tests/studies"
GUIDED, PLANTED, OTHERS = (f"{STUDIES}/test_{name}.py" for name in ("guided", "planted", "others"))
STATISTICS = f"{TABLES} {GUIDED} {PLANTED} {OTHERS} tests/statistics/test_means.py"
FIGURES, BOARD = "tests/figures/test_drawn.py tests/figures/test_maps.py", "tests/scoreboard/test_scoreboard.py"

FAULTS = (
    # Rows: what is explained, what is learned from, what is kept.
    Fault(
        "prepared on the test set",
        "engine/explain.py",
        "method.prepare(model, train)",
        "method.prepare(model, samples)",
        ENGINE,
    ),
    Fault(
        "explains train",
        "engine/unit.py",
        "return data.test if cell.samples is None",
        "return data.train if cell.samples is None",
        ENGINE,
    ),
    Fault(
        "last samples instead of first",
        "engine/unit.py",
        "data.test[slice(cell.samples)]",
        "data.test[slice(-cell.samples, None)]",
        ENGINE,
    ),
    Fault("one sample more", "engine/unit.py", "slice(cell.samples)", "slice(cell.samples + 1)", ENGINE),
    Fault(
        "prepares on validation",
        "engine/unit.py",
        "_test(cell, data), data.train, _seeds",
        "_test(cell, data), data.validation, _seeds",
        ENGINE,
    ),
    Fault("no background", "engine/unit.py", "_seeds(cell), data.background)", "_seeds(cell))", ENGINE),
    Fault("sem without the root of n", "engine/unit.py", "scores.std() / math.sqrt(n)", "scores.std()", ENGINE),
    Fault("sem over n", "engine/unit.py", "/ math.sqrt(n)", "/ n", ENGINE),
    Fault("NaN counted", "engine/unit.py", "n = len(scores)", "n = len(scores) + 1", ENGINE),
    Fault("median for mean", "engine/unit.py", "float(scores.mean()) if n", "float(scores.median()) if n", ENGINE),
    Fault(
        "draws shared by explainers",
        "engine/unit.py",
        "seed_from(cell.key(), part)",
        "seed_from(cell.unit().key(), part)",
        ENGINE,
    ),
    Fault(
        "metrics draw as explainers do",
        "engine/unit.py",
        '("prepare", "attribute", "metrics")',
        '("prepare", "attribute", "attribute")',
        ENGINE,
    ),
    Fault(
        "one seed of metrics for all",
        "engine/explain.py",
        "background, seeds.metrics, samples.axes",
        "background, 0, samples.axes",
        ENGINE,
    ),
    Fault(
        "explaining draws as preparing does",
        "engine/explain.py",
        "with scope(seeds.attribute)",
        "with scope(seeds.prepare)",
        ENGINE,
    ),
    Fault(
        "the device of none", "engine/unit.py", "calls, seconds, e.x.device.type)", 'calls, seconds, "cuda")', ENGINE
    ),
    Fault("no calls kept", "engine/explain.py", "return a, calls[0], time", "return a, 0, time", ENGINE),
    Fault(
        "data of one seed for all",
        "engine/unit.py",
        "seed_from(cell.dataset.spec(), cell.seed)",
        "seed_from(cell.dataset.spec(), 0)",
        ENGINE,
    ),
    Fault(
        "trained from the seed of the weights",
        "engine/unit.py",
        'seed=seed_from(unit.key(), "train")',
        'seed=seed_from(unit.key(), "init")',
        ENGINE,
    ),
    Fault(
        "trained for other epochs", "engine/unit.py", "max_epochs=unit.profile.max_epochs", "max_epochs=1000", ENGINE
    ),
    Fault("a cell with one metric is done", "engine/unit.py", "<= present]", "& present]", ENGINE),
    Fault(
        "one seed less",
        "engine/grid.py",
        "seeds = range(profile.n_seeds if",
        "seeds = range(profile.n_seeds - 1 if",
        ENGINE,
    ),
    Fault("left out is kept", "engine/grid.py", "not in plan.without", "in plan.without", ENGINE),
    Fault(
        "no limit of samples",
        "engine/grid.py",
        "explainer=explainer, samples=plan.samples",
        "explainer=explainer",
        ENGINE,
    ),
    Fault(
        "old rows win",
        "engine/store.py",
        'ignore_index=True).drop_duplicates(_ROW, keep="last")',
        'ignore_index=True).drop_duplicates(_ROW, keep="first")',
        ENGINE,
    ),
    Fault(
        "levels become one",
        "engine/store.py",
        '["cell", "metric", "at"]',
        '["cell", "metric"]',
        ENGINE + " tests/engine/test_experiments.py::test_publishing_is_sorted_and_newer_rows_of_a_cell_win",
    ),
    Fault(
        "sem and value exchanged in files",
        "engine/units.py",
        "float(v[10]), float(v[11])",
        "float(v[11]), float(v[10])",
        ENGINE,
    ),
    Fault("minutes of every metric", "engine/status.py", '.drop_duplicates("cell")', "", ENGINE),
    Fault("failures are done", "engine/runner.py", "report.failed[name] = error", "report.done += 1", ENGINE),
    # Comparisons.
    Fault(
        "compares on validation",
        "compare.py",
        "explain(model, dataset.test,",
        "explain(model, dataset.validation,",
        ENGINE,
    ),
    Fault(
        "compares what learned from test",
        "compare.py",
        "{name: explainer}, dataset.train,",
        "{name: explainer}, dataset.test,",
        ENGINE,
    ),
    Fault("comparison without the root of n", "compare.py", "/ len(v) ** 0.5 if", "/ len(v) if", ENGINE),
    Fault("68 % interval", "compare.py", "half = 1.96 *", "half = 1.00 *", ENGINE),
    Fault(
        "bounds exchanged",
        "compare.py",
        '"low": mean - half, "high": mean + half',
        '"low": mean + half, "high": mean - half',
        ENGINE,
    ),
    Fault("undefined samples counted", "compare.py", '"n": len(v)})', '"n": len(scores)})', ENGINE),
    # Statistics.
    Fault(
        "interval without the root of n",
        "statistics/means.py",
        "* v.std(ddof=1) / np.sqrt(n)) if n",
        "* v.std(ddof=1)) if n",
        TABLES,
    ),
    Fault(
        "one-sided quantile",
        "statistics/means.py",
        "half = float(stats.t.ppf((1 + level) / 2, n - 1) *",
        "half = float(stats.t.ppf(level, n - 1) *",
        TABLES,
    ),
    Fault(
        "a degree of freedom more",
        "statistics/means.py",
        "stats.t.ppf((1 + level) / 2, n - 1) * v",
        "stats.t.ppf((1 + level) / 2, n) * v",
        TABLES,
    ),
    Fault("spread of the population", "statistics/means.py", "v.std(ddof=1)", "v.std(ddof=0)", TABLES),
    Fault(
        "control minus method",
        "statistics/means.py",
        'merged["value"] - merged["control"]',
        'merged["control"] - merged["value"]',
        TABLES,
    ),
    Fault(
        "control of another seed",
        "statistics/means.py",
        '"metric", "at", "seed"]\n    base',
        '"metric", "at"]\n    base',
        TABLES,
    ),
    Fault(
        "control of another network",
        "statistics/means.py",
        '"dataset", "model", "trainer", "metric", "at"',
        '"dataset", "trainer", "metric", "at"',
        TABLES,
    ),
    Fault(
        "ranks upside down",
        "statistics/means.py",
        "ascending=not higher_is_better",
        "ascending=higher_is_better",
        TABLES,
    ),
    Fault(
        "controls are ranked",
        "statistics/means.py",
        'isin((*CONTROLS, ""))]\n    grid',
        'isin(("",))]\n    grid',
        TABLES,
    ),
    Fault(
        "released minus changed",
        "statistics/effects.py",
        '(both["value"] - both["value_released"])',
        '(both["value_released"] - both["value"])',
        STUDIES,
    ),
    Fault(
        "effects without seeds",
        "statistics/effects.py",
        'groupby([both["dataset"], both["seed"]])',
        'groupby([both["dataset"], both["dataset"].rename("seed")])',
        STUDIES,
    ),
    Fault(
        "moves where it does not",
        "statistics/effects.py",
        'np.where(clear, "yes", "no")',
        'np.where(clear, "no", "yes")',
        f"{FIGURES} {PLANTED}",
    ),
    Fault("b minus a", "statistics/paired.py", "np.round(x - y, DECIMALS)", "np.round(y - x, DECIMALS)", STUDIES),
    Fault(
        "trainers exchanged",
        "statistics/paired.py",
        "both[a].to_numpy(), both[b].to_numpy()",
        "both[b].to_numpy(), both[a].to_numpy()",
        STUDIES,
    ),
    Fault(
        "confirmed and refuted exchanged",
        "statistics/verdict.py",
        "CONFIRMED if side == says else REFUTED",
        "REFUTED if side == says else CONFIRMED",
        f"{TABLES} {STUDIES}",
    ),
    Fault(
        "an interval that holds zero confirms",
        "statistics/verdict.py",
        'side = "above" if low > 0',
        'side = "above" if high > 0',
        "tests/tables tests/statistics/test_comparison.py",
    ),
    Fault(
        "wide intervals reproduce",
        "statistics/outcome.py",
        "if not bool(narrow(half, published, zero, spread)):",
        "if half > 1:",
        "tests/scoreboard/test_numbers.py",
    ),
    Fault(
        "reproduced and direction exchanged",
        "statistics/outcome.py",
        "return DIRECTION, far",
        "return REPRODUCED, far",
        TABLES,
    ),
    Fault("seeds of nested intervals", "statistics/nested.py", "* np.sqrt(spread / k)", "* np.sqrt(spread)", OTHERS),
    Fault("images without an interval", "statistics/nested.py", "* np.sqrt(noise)\n", "* noise\n", OTHERS),
    # Tables.
    Fault(
        "the gate is ignored",
        "tables/select.py",
        'kept = table[table["explainer"] != ""].merge(passed, on=on, how="inner")',
        'kept = table[table["explainer"] != ""]',
        TABLES,
    ),
    Fault(
        "the gate is turned round",
        "tables/select.py",
        '(table["value"] == 1)][on]',
        '(table["value"] != 1)][on]',
        TABLES,
    ),
    Fault(
        "the gate without the seed",
        "tables/select.py",
        'on = ["protocol", "dataset", "model", "trainer", "seed"]',
        'on = ["protocol", "dataset", "model", "trainer"]',
        TABLES,
    ),
    Fault(
        "layouts that one network has",
        "tables/select.py",
        'networks == part["model"].nunique()',
        "networks > 0",
        TABLES,
    ),
    Fault("process for layout", "tables/select.py", "return _piece(datasets, 0)", "return _piece(datasets, 1)", TABLES),
    Fault(
        "protocols mixed up",
        "tables/select.py",
        '(table["protocol"] == protocol)]\n\n\ndef on',
        '(table["protocol"] != protocol)]\n\n\ndef on',
        TABLES,
    ),
    Fault(
        "beats and loses exchanged",
        "tables/summaries.py",
        'above=cells["low"] > 0, below=cells["high"] < 0',
        'above=cells["high"] < 0, below=cells["low"] > 0',
        TABLES,
    ),
    Fault(
        "beaten by half an interval", "tables/summaries.py", 'above=cells["low"] > 0', 'above=cells["high"] > 0', TABLES
    ),
    Fault("costs of controls", "tables/summaries.py", 'isin(["", *CONTROLS])]', 'isin([""])]', TABLES),
    Fault("mean for median cost", "tables/summaries.py", 'aggfunc="median"', 'aggfunc="mean"', TABLES),
    Fault(
        "the worst rival", "tables/rivals.py", "wide[rivals].mean().idxmax()", "wide[rivals].mean().idxmin()", TABLES
    ),
    Fault("rival minus method", "tables/rivals.py", "(wide[one] - wide[rival])", "(wide[rival] - wide[one])", TABLES),
    Fault("no level to exceed", "tables/rivals.py", "low - beyond, high - beyond", "low, high", TABLES),
    Fault(
        "low and high exchanged in print",
        "tables/words.py",
        "[{low:{form}}, {high:{form}}]",
        "[{high:{form}}, {low:{form}}]",
        TABLES,
    ),
    Fault("no sign in print", "tables/words.py", "'+' if sign else ''", "'' if sign else ''", TABLES),
    Fault(
        "published and ours exchanged on the board",
        "tables/printed.py",
        'ours=found["mean"],',
        'ours=found["published"],',
        TABLES,
    ),
    Fault(
        "direction without a zero",
        "tables/printed.py",
        "int(k), zero, spread, runs, ceiling)",
        "int(k), None, spread, runs, ceiling)",
        TABLES,
    ),
    Fault(
        "re-runs beside the other protocol",
        "tables/reruns.py",
        'own = part[part["protocol"] == protocol]',
        'own = part[part["protocol"] != protocol]',
        TABLES,
    ),
    # Studies.
    Fault(
        "gains of the other training",
        "studies/guided/page.py",
        'paired(cells, trainer, minus, "trainer"',
        'paired(cells, minus, trainer, "trainer"',
        GUIDED,
    ),
    Fault(
        "the least gain is the most",
        "studies/guided/page.py",
        'part.sort_values("effect").iloc[-1]',
        'part.sort_values("effect").iloc[0]',
        GUIDED,
    ),
    Fault(
        "rises and falls exchanged",
        "studies/guided/page.py",
        '(part["low"] > 0).sum()), int((part["high"] < 0).sum())',
        '(part["high"] < 0).sum()), int((part["low"] > 0).sum())',
        GUIDED,
    ),
    Fault(
        "times as many, turned round",
        "studies/guided/page.py",
        'e["value"].mean() / b["value"].mean()',
        'b["value"].mean() / e["value"].mean()',
        GUIDED,
    ),
    Fault(
        "seconds per epoch, turned round",
        "studies/guided/page.py",
        'e["seconds"].sum() / e["value"].sum()',
        'e["value"].sum() / e["seconds"].sum()',
        GUIDED,
    ),
    Fault(
        "noise minus no mask, turned round",
        "studies/guided/controls_page.py",
        '("random_masked", "consistency")',
        '("consistency", "random_masked")',
        GUIDED,
    ),
    Fault(
        "the wrong control subtracted",
        "studies/guided/controls_page.py",
        '"the gradient: guided − random mask": ("{guided}", "random_masked")',
        '"the gradient: guided − random mask": ("{guided}", "consistency")',
        GUIDED,
    ),
    Fault(
        "guided and traditional named alike",
        "studies/guided/tables_page.py",
        '{TRADITIONAL: "traditional", trainer: "saliency_guided"}',
        '{TRADITIONAL: "saliency_guided", trainer: "traditional"}',
        GUIDED,
    ),
    Fault(
        "areas not above chance",
        "studies/guided/tables_page.py",
        'part = difference_from(part[part["protocol"] == PROTOCOL])',
        'part = part[part["protocol"] == PROTOCOL]',
        GUIDED,
    ),
    Fault(
        "the whole interval for half",
        "studies/guided/tables_page.py",
        "± {(high - low) / 2:.2f}",
        "± {(high - low):.2f}",
        GUIDED,
    ),
    Fault(
        "k of another network",
        "studies/guided/tables_page.py",
        "MASKED[name][place]",
        "MASKED[name][place - 1]",
        GUIDED,
    ),
    Fault(
        "published minus ours",
        "studies/guided/tables_page.py",
        'part["mean"] - part["published"]',
        'part["published"] - part["mean"]',
        GUIDED,
    ),
    Fault(
        "a distance with its sign",
        "studies/guided/scaling_page.py",
        '(part["mean"] - part["published"]).abs()',
        '(part["mean"] - part["published"])',
        GUIDED,
    ),
    Fault(
        "scalings exchanged",
        "studies/guided/scaling_page.py",
        'paired(rows, names[-1], names[0], "protocol")',
        'paired(rows, names[0], names[-1], "protocol")',
        GUIDED,
    ),
    Fault(
        "closer is farther",
        "studies/guided/scaling_page.py",
        '{last: lines[lines["high"] < 0], first: lines[lines["low"] > 0]}',
        '{first: lines[lines["high"] < 0], last: lines[lines["low"] > 0]}',
        GUIDED,
    ),
    Fault(
        "the worst other method",
        "studies/guided/claims.py",
        "mean.drop(method).idxmax()",
        "mean.drop(method).idxmin()",
        GUIDED,
    ),
    Fault(
        "above chance for below",
        "studies/guided/claims.py",
        'part.assign(value=0.0), "below")',
        'part.assign(value=0.0), "above")',
        GUIDED,
    ),
    Fault(
        "no gain is a gain",
        "studies/guided/claims.py",
        "found = _no_gain(found) if no_gain else found",
        "found = found",
        GUIDED,
    ),
    Fault("worse cells counted", "studies/guided/claims.py", "(gain > 0).sum()", "(gain < 0).sum()", GUIDED),
    Fault(
        "joined without the seed",
        "studies/guided/joined.py",
        '.merge(ours[["model", "dataset", "seed"]].drop_duplicates())',
        '.merge(ours[["model", "dataset"]].drop_duplicates())',
        GUIDED,
    ),
    Fault(
        "joined with the other protocol",
        "studies/guided/joined.py",
        '(theirs["protocol"] == PROTOCOL)',
        '(theirs["protocol"] != PROTOCOL)',
        GUIDED,
    ),
    Fault(
        "one seed is another verdict",
        "tables/papers.py",
        "for v in verdicts if v.n >= 2}",
        "for v in verdicts}",
        "tests/scoreboard/test_conclusions.py",
    ),
    Fault(
        "slow cells are drawn",
        "engine/verify.py",
        "> 60 * at_most",
        "> 1e9 * at_most",
        "tests/engine/test_recomputing.py",
    ),
    Fault(
        "another map has the scores of the first",
        "explanation.py",
        "field(default_factory=dict, init=False, repr=False, compare=False)",
        "field(default_factory=dict)",
        "tests/test_explanation.py",
    ),
    Fault(
        "methods write into the caller's data",
        "explainer.py",
        "x.detach().clone(), target)",
        "x.detach(), target)",
        "tests/test_explanation.py",
    ),
    Fault(
        "the random map minus the method, turned round",
        "studies/roar_mnist/page.py",
        "wide.drop(columns=control).rsub(wide[control], axis=0)",
        "wide.drop(columns=control).sub(wide[control], axis=0)",
        "tests/studies/test_roar.py",
    ),
    Fault(
        "distances on other cells",
        "studies/guided/neighbours.py",
        "found = found.merge(narma[on], on=on)",
        "found = found.copy()",
        "tests/studies/test_guided_draws.py",
    ),
    Fault(
        "columns of other seeds",
        "studies/roar_mnist/switches_page.py",
        'found = pd.concat([shared[shared["metric"] == "roar"], controls], ignore_index=True)',
        'found = pd.concat([removed[removed["metric"] == "roar"], controls], ignore_index=True)',
        "tests/studies/test_roar.py",
    ),
    Fault(
        "a measure that beats the perfect map decides",
        "tables/rivals.py",
        "if both.iloc[0] > both.iloc[1] + TIED:",
        "if both.iloc[0] < both.iloc[1] - TIED:",
        TABLES,
    ),
    Fault("a winner below chance wins", "tables/rivals.py", "if not low > 0:", "if not high > 0:", TABLES),
    Fault("one-sided p", "statistics/verdict.py", "float(2 * stats.t.sf", "float(stats.t.sf", STATISTICS_OLD),
    Fault(
        "Bonferroni for Holm",
        "statistics/verdict.py",
        "(len(known_p) - place)",
        "len(known_p)",
        STATISTICS_OLD,
    ),
    Fault(
        "runs of print and ours exchanged",
        "statistics/outcome.py",
        "np.sqrt(1 + n / runs)",
        "np.sqrt(1 + runs / n)",
        "tests/statistics/test_agreement.py",
    ),
    Fault(
        "worse than shuffled is better",
        "statistics/agreement.py",
        "np.abs(shuffled) <= abs(value)",
        "np.abs(shuffled) >= abs(value)",
        "tests/statistics/test_agreement.py",
    ),
    Fault(
        "the effect with the other sign",
        "statistics/agreement.py",
        "((a > 0) == (b > 0))",
        "((a > 0) == (b < 0))",
        "tests/statistics/test_agreement.py",
    ),
    Fault(
        "chance and copy exchanged",
        "scoreboard/numbers.py",
        '[["chance", "copy"]].sum()',
        '[["copy", "chance"]].sum().set_axis(["chance", "copy"], axis=1)',
        BOARD,
    ),
    Fault(
        "changes of a verdict are those that stay",
        "scoreboard/claims.py",
        "sum(w != v.verdict for w in words_of)",
        "sum(w == v.verdict for w in words_of)",
        "tests/scoreboard/test_conclusions.py",
    ),
    Fault(
        "fewer layouts are a mean of ten",
        "studies/guided/printed.py",
        "found[layouts == len(LAYOUTS)]",
        "found[layouts > 0]",
        GUIDED,
    ),
    Fault(
        "the best network is the worst",
        "studies/benchmark/page.py",
        "best, worst = by_network.index[0], by_network.index[-1]",
        "worst, best = by_network.index[0], by_network.index[-1]",
        PLANTED,
    ),
    Fault(
        "methods upwards",
        "studies/benchmark/page.py",
        "grid.mean(axis=1).sort_values(ascending=False)",
        "grid.mean(axis=1).sort_values(ascending=True)",
        PLANTED,
    ),
    Fault(
        "the largest shortfall is the least",
        "studies/benchmark/page.py",
        'long.sort_values("gap").iloc[0]',
        'long.sort_values("gap").iloc[-1]',
        PLANTED,
    ),
    Fault(
        "print minus ours",
        "studies/benchmark/page.py",
        "return ours - grid.reindex(index=ours.index, columns=ours.columns)",
        "return grid.reindex(index=ours.index, columns=ours.columns) - ours",
        PLANTED,
    ),
    Fault(
        "inside on one side",
        "studies/benchmark/page.py",
        '(both["low"] <= both["published"]) & (both["published"] <= both["high"])',
        '(both["low"] <= both["published"])',
        PLANTED,
    ),
    Fault(
        "feature minus time",
        "studies/benchmark/page.py",
        "(time - feature).unstack",
        "(feature - time).unstack",
        PLANTED,
    ),
    Fault(
        "the guided column of print",
        "studies/benchmark/page.py",
        'training: str = "traditional"',
        'training: str = "saliency_guided"',
        PLANTED,
    ),
    Fault(
        "meant minus released",
        "studies/benchmark/domains_page.py",
        'both["value_released"] - both["value"], domain',
        'both["value"] - both["value_released"], domain',
        PLANTED,
    ),
    Fault(
        "features for time",
        "studies/benchmark/domains_page.py",
        '"time": f"{area}_count_time{weights}",',
        '"time": f"{area}_count_feature{weights}",',
        PLANTED,
    ),
    Fault(
        "the highest layout", "studies/benchmark/claims.py", 'pairs["mean"].idxmin()', 'pairs["mean"].idxmax()', PLANTED
    ),
    Fault("no correction for pairs", "studies/benchmark/claims.py", "1 - 0.05 / len(df) / 2", "1 - 0.05 / 2", PLANTED),
    Fault(
        "networks exchanged",
        "studies/benchmark/claims.py",
        '(part[part["model"] == name] for name in (better, worse))',
        '(part[part["model"] == name] for name in (worse, better))',
        PLANTED,
    ),
    Fault(
        "processes transposed",
        "studies/processes/page.py",
        'part.pivot_table(index="process", columns="model", values="value"))\n\n\ndef by_method',
        'part.pivot_table(index="model", columns="process", values="value"))\n\n\ndef by_method',
        PLANTED,
    ),
    Fault("the highest process first", "studies/processes/page.py", "for i in (0, -1))", "for i in (-1, 0))", PLANTED),
    Fault(
        "plain minus rescaled",
        "studies/rescaling/page.py",
        "paired(part, after, before)",
        "paired(part, before, after)",
        PLANTED,
    ),
    Fault(
        "before and after exchanged by layout",
        "studies/rescaling/page.py",
        "grid[after] - grid[before]",
        "grid[before] - grid[after]",
        PLANTED,
    ),
    Fault("most and least exchanged", "studies/rescaling/page.py", ".iloc[[-1, 0]]", ".iloc[[0, -1]]", PLANTED),
    Fault(
        "times, turned round",
        "studies/rescaling/page.py",
        'table["seconds after"] / table["seconds before"].replace(0, np.nan)',
        'table["seconds before"] / table["seconds after"].replace(0, np.nan)',
        PLANTED,
    ),
    Fault(
        "switches compared backwards",
        "studies/audit/page.py",
        'for p in (name, "as_released"))',
        'for p in ("as_released", name))',
        PLANTED,
    ),
    Fault(
        "the smallest effect", "studies/audit/page.py", "key=abs, ascending=False", "key=abs, ascending=True", PLANTED
    ),
    Fault("the gate of recounts", "studies/audit/recounts.py", "scores[own >= gate]", "scores[own < gate]", PLANTED),
    Fault(
        "ink before and after exchanged",
        "studies/digits/page.py",
        "a, b = s.loc[base], s.loc[rescaled(base)]",
        "b, a = s.loc[base], s.loc[rescaled(base)]",
        OTHERS,
    ),
    Fault(
        "multiples of the wrong row",
        "studies/digits/page.py",
        'grid = grid / grid.loc["random"]',
        'grid = grid / grid.loc["occlusion"]',
        OTHERS,
    ),
    Fault("the least steep fall", "studies/digits/page.py", '["mean"].idxmin())', '["mean"].idxmax())', OTHERS),
    Fault(
        "guided digits minus one another",
        "studies/digits/guided_page.py",
        'for t in (trainer, "standard"))',
        'for t in ("standard", trainer))',
        OTHERS,
    ),
    Fault(
        "more and less exchanged",
        "studies/digits/guided_page.py",
        "int((a['low'] > b['high']).sum())",
        "int((a['high'] < b['low']).sum())",
        OTHERS,
    ),
    Fault(
        "series minus image",
        "studies/digits/claims.py",
        'float(image["mean"] - series["mean"])',
        'float(series["mean"] - image["mean"])',
        OTHERS,
    ),
    Fault(
        "the worst method is best",
        "studies/fit_simulated/page.py",
        "sort_values(ascending=False)",
        "sort_values(ascending=True)",
        OTHERS,
    ),
    Fault("a place too high", "studies/fit_simulated/page.py", "index('fit') + 1", "index('fit')", OTHERS),
    Fault(
        "the worst other on rare features",
        "studies/rare/page.py",
        'order.drop("dynamask").idxmax()',
        'order.drop("dynamask").idxmin()',
        OTHERS,
    ),
    Fault(
        "recall for order",
        "studies/rare/page.py",
        'recall, order = mean["aur_threshold_pooled"], mean["auroc"]',
        'order, recall = mean["aur_threshold_pooled"], mean["auroc"]',
        OTHERS,
    ),
    Fault(
        "switch of a mask, turned round",
        "studies/rare/audit_page.py",
        '(wide[(metric, f"dynamask[{name}]")] - released)',
        '(released - wide[(metric, f"dynamask[{name}]")])',
        OTHERS,
    ),
    Fault(
        "hard and soft exchanged",
        "studies/state/page.py",
        "corrected it has {corrected['dynamask']:.2f}",
        "corrected it has {corrected['dynamask_hard_target']:.2f}",
        OTHERS,
    ),
    Fault(
        "state sorted upwards",
        "studies/state/page.py",
        "sort_values(ascending=False)",
        "sort_values(ascending=True)",
        OTHERS,
    ),
    Fault(
        "modes exchanged",
        "studies/state/page.py",
        '{"training mode, as released": found[base], "evaluation mode": found[other]}',
        '{"training mode, as released": found[other], "evaluation mode": found[base]}',
        OTHERS,
    ),
    Fault(
        "masks judged under one protocol",
        "studies/state/claims.py",
        '"auroc", "corrected", "dynamask", plain',
        '"auroc", released, "dynamask", plain',
        OTHERS,
    ),
    Fault(
        "the first tenth for the last",
        "studies/vanishing/page.py",
        '(part["at"] == 1.0)',
        '(part["at"] == 0.5)',
        OTHERS,
    ),
    Fault("another side", "studies/vanishing/claims.py", '(table["side"] == 100)', '(table["side"] == 50)', OTHERS),
    Fault(
        "networks of an early box exchanged",
        "studies/vanishing/claims.py",
        'order["lstm_input_cell"] - order["lstm"]',
        'order["lstm"] - order["lstm_input_cell"]',
        OTHERS,
    ),
    Fault(
        "ours and random exchanged",
        "studies/vanishing/page.py",
        'chance = here[here["explainer"] == "random"]["value"]\n        found',
        'chance = here[here["explainer"] == own]["value"]\n        found',
        OTHERS,
    ),
    # Scoreboard.
    Fault(
        "the best map is the worst",
        "scoreboard/worth.py",
        "best, worst = methods.iloc[0], methods.iloc[-1]",
        "worst, best = methods.iloc[0], methods.iloc[-1]",
        BOARD,
    ),
    Fault(
        "best and worst network exchanged",
        "scoreboard/worth.py",
        "str(top.idxmax()), str(top.idxmin())",
        "str(top.idxmin()), str(top.idxmax())",
        BOARD,
    ),
    Fault("less is more", "scoreboard/worth.py", "reverse=True", "reverse=False", BOARD),
    Fault(
        "below position",
        "scoreboard/worth.py",
        "(cells.max(axis=1) > controls",
        "(cells.max(axis=1) < controls",
        BOARD,
    ),
    Fault(
        "controls among methods",
        "scoreboard/worth.py",
        "methods = found.drop(index=[c for c in CONTROLS if c in found.index]).dropna()",
        "methods = found.dropna()",
        BOARD,
    ),
    Fault(
        "refuted counted as confirmed",
        "scoreboard/claims.py",
        "{n.get(CONFIRMED, 0)} are",
        "{n.get(REFUTED, 0)} are",
        BOARD,
    ),
    Fault("two seeds are too few", "scoreboard/claims.py", '(table["n"] < 2)', '(table["n"] < 9)', BOARD),
    Fault(
        "papers in any order",
        "scoreboard/claims.py",
        "key=lambda claims: claims.paper[-4:]",
        "key=lambda claims: claims.chapter[::-1]",
        BOARD,
    ),
    Fault(
        "untested counted as tested",
        "scoreboard/numbers.py",
        "len(board) - n.get(NOT_TESTABLE, 0)",
        "len(board)",
        BOARD,
    ),
    Fault(
        "outcomes exchanged",
        "scoreboard/numbers.py",
        "{n.get(DIRECTION, 0)} agree",
        "{n.get(NOT_REPRODUCED, 0)} agree",
        BOARD,
    ),
    # Figures.
    Fault(
        "dots without intervals",
        "figures/results.py",
        'axes.plot([row["low"], row["high"]], [place[e]] * 2',
        'axes.plot([row["mean"], row["mean"]], [place[e]] * 2',
        FIGURES,
    ),
    Fault(
        "dots upside down",
        "figures/results.py",
        "place = {e: len(explainers) - 1 - i for",
        "place = {e: i for",
        FIGURES,
    ),
    Fault(
        "networks upwards",
        "figures/results.py",
        "order = everywhere.mean(axis=1).sort_values()",
        "order = everywhere.mean(axis=1).sort_values(ascending=False)",
        FIGURES,
    ),
    Fault(
        "intervals from the mean",
        "figures/results.py",
        'axes.hlines(y, part["low"], part["high"]',
        'axes.hlines(y, part["mean"], part["high"]',
        FIGURES,
    ),
    Fault("cells transposed", "figures/results.py", "axes.text(j, i, text", "axes.text(i, j, text", FIGURES),
    Fault(
        "a band of nothing",
        "figures/results.py",
        'axes.fill_between(part["at"], part["low"], part["high"]',
        'axes.fill_between(part["at"], part["low"], part["mean"]',
        FIGURES,
    ),
    Fault("levels unsorted", "figures/results.py", '.sort_values("at")', "", FIGURES),
    Fault(
        "all effects are clear",
        "figures/effects.py",
        'clear = row["low"] > 0 or row["high"] < 0',
        'clear = row["low"] > 0 or row["high"] < 9',
        FIGURES,
    ),
    Fault(
        "effects in the other order",
        "figures/effects.py",
        "enumerate(part[::-1].iterrows())",
        "enumerate(part.iterrows())",
        FIGURES,
    ),
    Fault(
        "verdicts in the other order",
        "figures/effects.py",
        "zip(np.arange(len(table))[::-1], table.iterrows()",
        "zip(np.arange(len(table)), table.iterrows()",
        FIGURES,
    ),
    Fault(
        "published over ours",
        "figures/published.py",
        'axes.plot(one["published"], one["mean"]',
        'axes.plot(one["mean"], one["published"]',
        FIGURES,
    ),
    Fault(
        "features across",
        "figures/spread.py",
        't["mean"], f["mean"], look.marker',
        'f["mean"], t["mean"], look.marker',
        FIGURES,
    ),
    Fault(
        "the worst rank on top",
        "figures/comparison.py",
        "place = np.arange(len(order))[::-1]",
        "place = np.arange(len(order))",
        FIGURES,
    ),
    Fault(
        "filled where unsure",
        "figures/comparison.py",
        "fill = look.colour if p < alpha",
        "fill = look.colour if p > alpha",
        FIGURES,
    ),
    Fault("matrix backwards", "figures/comparison.py", 'effect=-pairs["effect"])', 'effect=pairs["effect"])', FIGURES),
    Fault(
        "shares of all",
        "figures/scoreboard.py",
        "table.div(table.sum(axis=1), axis=0)",
        "table / table.to_numpy().sum()",
        FIGURES,
    ),
    Fault(
        "published and ours exchanged in the table",
        "figures/scoreboard.py",
        """(f"{r['published']:.3f}", ours, *cells""",
        """(ours, f"{r['published']:.3f}", *cells""",
        FIGURES,
    ),
    Fault("hundredths for thousandths", "figures/explorer.py", "round(1000 * value)", "round(100 * value)", FIGURES),
    Fault(
        "layouts and processes exchanged",
        "figures/explorer.py",
        'f"{layout}|{process}|{model}"',
        'f"{process}|{layout}|{model}"',
        FIGURES,
    ),
    Fault(
        "failed networks drawn as passed",
        "figures/vanishing.py",
        '"-" if line["passed"].all() else "--"',
        '"--" if line["passed"].all() else "-"',
        OTHERS,
    ),
)


def check(fault: Fault) -> str:
    """The text of the fault's file with the fault in it; raises where the old text is not there exactly once."""
    path = ROOT / "tsinterp_lib" / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise ValueError(
            f"fault {fault.name!r}: {fault.file} holds {fault.old!r} {text.count(fault.old)} times; it must be there "
            "once: bring the list in benchmarks/faults.py up to date."
        )
    return text.replace(fault.old, fault.new)


def copied(folder: Path) -> Path:
    """A copy of the library and its tests; what tests only read is linked."""
    there = folder / "tree"
    ignore = shutil.ignore_patterns("__pycache__", ".*cache")
    for name in ("tsinterp_lib", "tests"):
        shutil.copytree(ROOT / name, there / name, ignore=ignore)
    for path in ROOT.iterdir():
        if path.name not in ("tsinterp_lib", "tests") and not path.name.startswith("."):
            (there / path.name).symlink_to(path)
    return there


def caught(fault: Fault, tree: Path) -> bool:
    """Whether the tests that should notice fail in a copy with the fault."""
    path = tree / "tsinterp_lib" / fault.file
    right = path.read_text(encoding="utf-8")
    path.write_text(check(fault), encoding="utf-8")
    try:
        return _tests(tree, fault.tests) != 0
    finally:
        path.write_text(right, encoding="utf-8")


def _tests(tree: Path, tests: str) -> int:
    """The exit status of pytest on some tests of a copy, in a process of its own."""
    names = [name for name in tests.split() if (tree / name.split("::")[0]).exists()]
    child = get_context("fork").Process(target=_pytest, args=(tree, names))
    child.start()
    child.join()
    if child.exitcode not in (0, 1, 2, 4):  # 2 and 4: a fault that keeps a file from being imported is noticed too
        raise RuntimeError(f"pytest {' '.join(names)} ended with {child.exitcode}; run it by hand.")
    return int(child.exitcode)


def _pytest(tree: Path, names: list[str]) -> None:
    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree), "TSINTERP_CACHE": str(tree / "cache")}
    sys.path[:0] = [str(tree)]
    with (tree / "output.txt").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        # Modules that are imported before pytest cannot have their assertions rewritten: they are not our tests.
        quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
        status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *quiet, *names])
    os._exit(int(status))


def _work(part: list[Fault], tree: Path, found: Queue[tuple[str, bool]]) -> None:
    for fault in part:
        noticed = caught(fault, tree)
        print(f"{'caught' if noticed else 'LIVED '}  {fault.file}: {fault.name}", flush=True)
        found.put((fault.name, noticed))


def main(names: list[str]) -> int:
    """Make every fault, or the named ones, and say how many lived."""
    chosen = [f for f in FAULTS if not names or f.name in names]
    for fault in chosen:
        check(fault)
    for name in SLOW_TO_IMPORT:  # once, here: every test run is a fork of this process
        import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        trees = [copied(Path(folder) / str(k)) for k in range(PROCESSES)]
        sound = " ".join(dict.fromkeys(name for f in chosen for name in f.tests.split()))
        if _tests(trees[0], sound):
            said = (trees[0] / "output.txt").read_text()[-1500:]
            raise RuntimeError(f"the tests fail without any fault: mend {sound} first.\n{said}")
        fork = get_context("fork")
        found: Queue[tuple[str, bool]] = fork.Queue()
        workers = [fork.Process(target=_work, args=(chosen[k::PROCESSES], trees[k], found)) for k in range(PROCESSES)]
        for worker in workers:
            worker.start()
        results = [found.get() for _ in chosen]
        for worker in workers:
            worker.join()
    lived = [name for name, noticed in results if not noticed]
    print(f"{len(results)} faults, {len(results) - len(lived)} caught, {len(lived)} lived")
    return int(len(lived) > (1 - LEAST) * len(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

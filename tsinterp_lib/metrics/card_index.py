"""Write the card of every metric: formula, range, direction, and what chance and a perfect map score."""

from __future__ import annotations

import math

from tsinterp_lib.metrics.cards import (
    Card,
    Direction,
    Planted,
    Score,
    area,
    constant,
    perfect_recall,
    random_precision,
    random_recall,
)

INF = math.inf
DIALECTS = {
    "mass": "top cells that hold a share p of the saliency, weighted by saliency",
    "count": "top share p of the cells, weighted by saliency",
}
SOURCES = {"mass": "ismail2020", "count": "ismail2021"}
SAME_RECALL = "A perfect map and a random one score the same: recall under the mass cut is about p for both."
MEASURED = Score("depends on the model: measure it with a random map")


def _curves(cut: str) -> dict[str, Card]:
    p_text = "p" if cut == "mass" else "1 − (1 − p)²"
    best = "p" if cut == "mass" else "min(1, p / d)"
    return {
        f"precision_{cut}": Card(
            "Weighted precision", r"P(p) = \sum_{A(p) \cap B} s \,/\, \sum_{A(p)} s", 0.0, 1.0, "higher",
            DIALECTS[cut], SOURCES[cut], Score("d", random_precision("cell")), constant(1.0),
        ),
        f"recall_{cut}": Card(
            "Weighted recall", r"R(p) = \sum_{A(p) \cap B} s \,/\, \sum_B s", 0.0, 1.0, "higher",
            DIALECTS[cut], SOURCES[cut], Score(p_text, random_recall(cut, "cell")),
            Score(best, perfect_recall(cut, "cell")), SAME_RECALL if cut == "mass" else "",
        ),
    }  # fmt: skip


def _areas(cut: str) -> dict[str, Card]:
    mass = cut == "mass"
    spread = Score(
        "0.8" if mass else "1 − min(1, 0.1 / d)",
        lambda box, _p: perfect_recall(cut, "cell")(box, 0.9) - perfect_recall(cut, "cell")(box, 0.1),
    )
    return {
        f"aup_{cut}": Card(
            "Area under precision", r"\int_{0.1}^{0.9} P(p)\,dp", 0.0, 0.8, "higher", DIALECTS[cut], SOURCES[cut],
            area("0.8 d", random_precision("cell")), constant(0.8), "Not extended to 0 and 1: the ceiling is 0.8.",
        ),
        f"aur_{cut}": Card(
            "Area under recall", r"\int_{0.1}^{0.9} R(p)\,dp", 0.0, 0.8, "higher", DIALECTS[cut], SOURCES[cut],
            area("0.400" if mass else "0.556", random_recall(cut, "cell")),
            area("0.400" if mass else "0.703 (d = 0.36), 0.781 (d = 0.16), 0.8 (d < 0.1)", perfect_recall(cut, "cell")),
            SAME_RECALL if mass else "",
        ),
        f"aupr_{cut}": Card(
            "Area under precision over recall", r"\int P\,dR", 0.0, 1.0, "higher", DIALECTS[cut], SOURCES[cut],
            Score("0.8 d", lambda box, _p: 0.8 * box.density), spread,
            "No end points are added. The released code takes the area of the mean curves." if mass else
            "No end points are added: below density 0.1 a perfect map has recall 1 at every level and scores 0.",
        ),
    }  # fmt: skip


def _units(cut: str, unit: str, released: bool) -> dict[str, Card]:
    cells, other = ("features", "steps") if unit == "time" else ("steps", "features")
    note = (
        f"A unit weighs the mean of its k largest cells; k is the number of important {other if released else cells}."
    )
    dialect = f"{DIALECTS[cut]}; per {'time step' if unit == 'time' else 'feature'}"
    tail = "_as_released" if released else ""
    fast = "Nearly every unit has a selected cell at the lowest level, so a random map comes close to 0.8."
    return {
        f"aup_{cut}_{unit}{tail}": Card(
            f"Area under precision, {unit} level", r"\int_{0.1}^{0.9} P(p)\,dp", 0.0, 0.8, "higher", dialect,
            SOURCES[cut],
            area(f"0.8 · share of important {'steps' if unit == 'time' else 'features'}", random_precision(unit)),
            constant(0.8), note,
        ),
        f"aur_{cut}_{unit}{tail}": Card(
            f"Area under recall, {unit} level", r"\int_{0.1}^{0.9} R(p)\,dp", 0.0, 0.8, "higher", dialect, SOURCES[cut],
            area("about 0.8 for wide series", random_recall(cut, unit)),
            area("depends on the order of equal scores", perfect_recall(cut, unit)), f"{note} {fast}",
        ),
    }  # fmt: skip


def _threshold() -> dict[str, Card]:
    dialect = "cells above a threshold on the score, unweighted; area over the threshold"
    note = "Depends on the calibration of the scores, not on their ranking alone. The paper pools all samples."
    return {
        "aup_threshold": Card(
            "Area under precision over the threshold", r"\int_0^1 P(s \ge \tau)\,d\tau", 0.0, 1.0, "higher", dialect,
            "crabbe2021", Score("d", lambda box, _p: box.density),
            Score("(1 + d) / 2", lambda box, _p: (1 + box.density) / 2), note,
        ),
        "aur_threshold": Card(
            "Area under recall over the threshold", r"\int_0^1 R(s \ge \tau)\,d\tau", 0.0, 1.0, "higher", dialect,
            "crabbe2021", constant(0.5), constant(1.0), note + " A map of ones everywhere but one cell scores near 1.",
        ),
    }  # fmt: skip


def _ranks() -> dict[str, Card]:
    return {
        "auroc": Card(
            "Area under the ROC", r"P(s_i > s_j) + \tfrac12 P(s_i = s_j),\ i \in B, j \notin B", 0.0, 1.0, "higher",
            "ranking of the cells, unweighted", "davis2006", constant(0.5), constant(1.0),
        ),
        "average_precision": Card(
            "Average precision", r"\sum_g (R_g - R_{g-1}) P_g", 0.0, 1.0, "higher",
            "ranking of the cells, unweighted", "davis2006", Score("d", lambda box, _p: box.density), constant(1.0),
        ),
    }  # fmt: skip


def _masked(cut: str) -> dict[str, Card]:
    perfect = Score("chance at level 1" if cut == "mass" else "chance from p = d on")
    dialect = DIALECTS[cut].split(",")[0]
    return {
        f"masked_accuracy_{cut}": Card(
            "Masked accuracy", r"\mathbf 1[\arg\max_c f_c(\tilde x) = y]", 0.0, 1.0, "lower", dialect, "ismail2020",
            MEASURED, perfect, "Replaced cells leave the training distribution unless the noise is the data's own.",
        ),
        f"masked_accuracy_area_{cut}": Card(
            "Area under masked accuracy", r"\int_0^1 C(p)\,dp", 0.0, 1.0, "lower", dialect, "ismail2020",
            MEASURED, perfect, "The released code gives it in per cent: 100 times as much.",
        ),
    }  # fmt: skip


def _maps() -> dict[str, Card]:
    def cells(bits: float) -> Score:
        return Score(f"{bits:.3g} per important cell", lambda box, _p: bits * box.important)

    def tenth(box: Planted, q: float) -> float:
        ends = (round((q - 0.1) * box.n_steps, 6), round(q * box.n_steps, 6))
        return sum(ends[0] < t <= ends[1] for t in range(1, box.n_steps + 1)) / box.n_steps

    def step(box: Planted, q: float) -> float:
        d = box.n_steps * box.n_features
        return float(min(round(q * d), d - 1) < box.important)

    note = "Summed over the important cells, not averaged; published sums run over all samples."
    return {
        "information": Card(
            "Mask information", r"\sum_B |\log_2(1 - s + \epsilon)|", 0.0, INF, "higher", "bits, over important cells",
            "crabbe2021", cells(1 / math.log(2)), cells(-math.log2(1e-5)), note,
        ),
        "entropy": Card(
            "Mask entropy", r"\sum_B s\,|\log_2(\epsilon + s)| + (1-s)\,|\log_2(\epsilon + 1 - s)|", 0.0, INF, "lower",
            "bits, over important cells", "crabbe2021", cells(0.5 / math.log(2)), cells(math.log2(1 + 1e-5)),
            note + " A map that misses the important cells has a low entropy too.",
        ),
        "saliency_distribution": Card(
            "Saliency by rank", r"s_{(r)},\ r = qD", 0.0, 1.0, "none", "magnitude at a fraction q of the ranking",
            "ismail2020", Score("1 − q", lambda _box, q: 1 - q), Score("1 up to q = d, then 0", step),
        ),
        "saliency_share": Card(
            "Saliency share", r"\sum_G s \,/\, \sum s", 0.0, 1.0, "none",
            "mass in a group of cells: informative step and feature (default), one of them, neither", "ismail2020",
            Score("the group's share of the cells", lambda box, _p: box.density), constant(1.0),
        ),
        "saliency_profile": Card(
            "Saliency by time", r"\sum_{t \in G_l, f} s_{tf} \,/\, \sum s", 0.0, 1.0, "none",
            "mass in each tenth of the series", "ismail2019", Score("the tenth's share of the steps: 0.1", tenth),
            Score("the tenth's share of the important cells"),
        ),
        "weighted_jaccard": Card(
            "Weighted Jaccard index", r"\sum \min(b, s) \,/\, \sum \max(b, s)", 0.0, 1.0, "higher",
            "size of the scores, cell by cell", "ismail2019",
            Score("d / (1 + d)", lambda box, _p: box.density / (1 + box.density)), constant(1.0),
            "A random map beats a right ranking whose scores are small.",
        ),
        "euclidean_distance": Card(
            "Euclidean distance", r"\lVert b - s \rVert \,/\, \lVert b \rVert", 0.0, INF, "lower",
            "size of the scores, cell by cell", "ismail2019",
            Score("√(1 / 3d)", lambda box, _p: math.sqrt(1 / (3 * box.density))), constant(0.0),
            "A map of zeros scores 1: better than chance where d is below a third.",
        ),
    }  # fmt: skip


def _retrained() -> dict[str, Card]:
    def card(name: str, direction: Direction, note: str) -> Card:
        return Card(
            name, r"\mathbf 1[\arg\max_c f^{(t)}_c(\tilde x) = y],\ f^{(t)} \text{ trained on } \tilde x", 0.0, 1.0,
            direction, "top share t of the cells, signed, replaced by the channel's mean in every split", "hooker2019",
            MEASURED, Score("chance once every informative cell is replaced"), note,
        )  # fmt: skip

    return {
        "roar": card("Remove and retrain", "lower", "The shape of the hole may tell the class: see `shown`."),
        "kar": card("Keep and retrain", "higher", "The authors judge it a weak discriminator."),
    }


CARDS: dict[str, Card] = {
    **_curves("mass"),
    **_curves("count"),
    **_areas("mass"),
    **_areas("count"),
    **_threshold(),
    **_ranks(),
    **_masked("mass"),
    **_masked("count"),
    **{k: v for c in ("mass", "count") for u in ("time", "feature") for s in (False, True)
       for k, v in _units(c, u, s).items()},
    **_maps(),
    **_retrained(),
}  # fmt: skip
"""The card of every metric, by its name in the registry."""

"""What the chapter on guided training of images shows: accuracies, the accuracy drop, and sentences from rows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.figures.roar import by_base
from tsinterp_lib.statistics.means import interval
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.words import Prose

COLUMNS = ("study", "trainer", "explainer", "metric", "at", "seed", "value")
TRAININGS = {
    "standard": "traditional",
    "guided": "guided, signed",
    "guided_absolute": "guided, absolute",
    "random_masked": "random masks",
    "fine_tuned": "traditional, then guided",
}
DROP, AREA = "masked_accuracy_count", "masked_accuracy_area_count"
NOTHING = words.not_computed("guided_images")


def rows(profile: str = "paper", compute: bool = False) -> pd.DataFrame:
    """Return the rows of the study at a profile; an empty table where there are none."""
    try:
        return select.rows("guided_images", profile, compute, gated=False)
    except MissingRows:
        return pd.DataFrame(columns=list(COLUMNS))


def _cell(values: pd.Series, decimals: int, sign: bool = False) -> str:
    found = interval(values)
    return words.interval(float(found["mean"]), float(found["low"]), float(found["high"]), decimals, sign)


def accuracies(table: pd.DataFrame) -> pd.DataFrame | Prose:
    """Test accuracy in percent and the area under the accuracy drop of the gradient, by training, beside the printed.

    The area is in percent accuracy × percent removed, as in Table 4 of :cite:t:`ismail2021`; lower is better.
    """
    if table.empty:
        return NOTHING
    areas = papers.table("ismail2021_table4").set_index("training")["value"]
    theirs = papers.table("ismail2021_table3")
    printed = theirs[theirs["dataset"] == "mnist"].set_index("training")["value"]
    lines = {}
    for trainer, name in TRAININGS.items():
        own = table[table["trainer"] == trainer]
        gradient = own[(own["metric"] == AREA) & (own["explainer"] == "gradient")]
        lines[name] = {
            "accuracy, %": _cell(100 * own[own["metric"] == "test_accuracy"]["value"], 1),
            "printed": f"{printed[trainer]:.1f}" if trainer in printed else "–",
            "area, gradient": _cell(1e4 * gradient["value"], 0),
            "printed area": f"{areas[trainer]:.1f}" if trainer in areas else "–",
        }
    return pd.DataFrame(lines).T


def gains(table: pd.DataFrame) -> pd.DataFrame | Prose:
    """Say how much smaller the area is than after traditional training, paired by seed: methods by training, in shares.

    Positive is better: the pixels that a map ranks first matter more.
    """
    part = table[table["metric"] == AREA]
    wide = part.pivot_table(index=["explainer", "seed"], columns="trainer", values="value")
    if wide.empty or "standard" not in wide:
        return NOTHING
    found = wide.drop(columns="standard").rsub(wide["standard"], axis=0)
    lines = {
        words.method(str(explainer)): {
            TRAININGS[t]: _cell(group[t], 3, sign=True) for t in TRAININGS if t in group.columns
        }
        for explainer, group in found.groupby("explainer", sort=False)
    }
    return pd.DataFrame(lines).T


def figure(table: pd.DataFrame) -> Figure | Prose:
    """Return accuracy by share of pixels set to the background, a panel per method, a line per training, random
    dotted.
    """
    part = table[(table["metric"] == DROP) & table["value"].notna()]
    if part.empty:
        return NOTHING
    found = pd.DataFrame(
        [
            {"explainer": f"{e}|{t}", "at": at, **interval(100 * group["value"])}
            for (e, t, at), group in part.groupby(["explainer", "trainer", "at"], sort=False)
        ]
    )
    methods = [str(e) for e in part["explainer"].unique() if e != "random"]
    kinds = {f"|{trainer}": name for trainer, name in TRAININGS.items()}
    return by_base(
        found, {m: words.method(m) for m in methods}, kinds, {"random|standard": "random pixels"}, 10.0,
        "removed, %", "accuracy, %",
    )  # fmt: skip


def say(table: pd.DataFrame) -> Prose:
    """Say whether guided training lowers the area beyond traditional training and beyond masks drawn by chance."""
    part = table[(table["metric"] == AREA) & (table["explainer"] == "gradient")]
    wide = part.pivot_table(index="seed", columns="trainer", values="value")
    if not {"standard", "guided", "random_masked"} <= set(wide):
        return NOTHING
    over, beyond = wide["standard"] - wide["guided"], wide["random_masked"] - wide["guided"]
    found = interval(over)
    side = "lower than" if found["low"] > 0 else "higher than" if found["high"] < 0 else "not told apart from"
    return Prose(
        f"After guided training (signed) the area under the accuracy drop of the gradient is {side} that after "
        f"traditional training: the difference is {_cell(over, 3, True)} of accuracy; beyond masks drawn by chance it "
        f"is {_cell(beyond, 3, True)} (positive: guidance is better; {len(wide)} seeds)."
    )

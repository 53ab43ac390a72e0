"""The scoreboard: a table to filter in the page, and how many published numbers got which verdict."""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import style
from tsinterp_lib.figures.effects import VERDICTS as VERDICTS_OF_CLAIMS
from tsinterp_lib.statistics.outcome import OUTCOMES as VERDICTS
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Html

SHOWN = ("quantity", "dataset", "model", "method", "training", "reading")
FILTERS = ("paper", "table", *SHOWN, "outcome")
PRINTED = {
    "dataset": "data set", "reading": "data read as", "model": "network",
    "diff_aup": "Diff(AUP)", "diff_aur": "Diff(AUR)",
    "weighted_jaccard": "weighted Jaccard index", "saliency_guided": "guided",
}  # fmt: skip
"""Names of axes and values as the papers print them, where an underscore is not all that differs."""

COLOURS = dict(zip(VERDICTS, ("#1b7837", "#80b1d3", "#a6dba0", "#b2182b", "#bdbdbd"), strict=True))

STYLE = """
.tsb { font-size: 0.8rem; } .tsb label { display: inline-block; margin: 0 0.8em 0.4em 0; }
.tsb-scroll { max-height: 32rem; overflow: auto; } .tsb table { border-collapse: collapse; width: 100%; }
.tsb th { position: sticky; top: 0; background: #f4f4f4; color: #222; text-align: left; }
.tsb th, .tsb td { padding: 0.15em 0.5em; white-space: nowrap; } .tsb-mark { border-left: 0.5em solid; }
"""


def scoreboard_table(board: pd.DataFrame) -> Html:
    """Return every row of a scoreboard, with a choice per axis above; raises :class:`InvalidInput` where there is
    none.
    """
    if board.empty:
        raise InvalidInput("the scoreboard is empty: give at least one row.")
    choices = "".join(_choice(name, board[name]) for name in FILTERS)
    # What was printed and what came out stand first: the width of a phone holds no more.
    axes = [PRINTED.get(axis, axis) for axis in SHOWN]
    heads = ("outcome", "published", "ours [95 %]", *axes, "seeds", "source", "reason")
    body = "".join(_row(r) for r in board.to_dict("records"))
    script = files("tsinterp_lib.figures").joinpath("scoreboard.js").read_text(encoding="utf-8")
    return Html(
        f"<div class='tsb'><style>{STYLE}</style>{choices}<div class='tsb-count'>{len(board)} numbers</div>"
        f"<div class='tsb-scroll'><table><thead><tr>{''.join(f'<th>{h}</th>' for h in heads)}</tr></thead>"
        f"<tbody>{body}</tbody></table></div><script>{script}</script></div>"
    )


def outcome_counts(table: pd.DataFrame, expected: pd.DataFrame | None = None) -> Figure:
    """Draw a bar per paper and table, divided by outcome, the counts written into it.

    ``table`` has (paper, table) as index and outcomes as columns; ``expected`` has ``chance`` and ``copy``, how many
    would be reproduced by chance and by a perfect copy: a tick at the one, all written on the right.
    """
    names = pd.Index([f"{words.paper(paper)}, {name}" for paper, name in table.index])
    figure = _stacked(table.set_axis(names), COLOURS, "share of published numbers (counts inside)")
    if expected is None:
        return figure
    axes, expected = figure.axes[0], expected.reindex(table.index)
    share = expected["chance"] / table.sum(axis=1)
    axes.plot(share, range(len(share)), "|", color="black", ms=15, mew=2)
    right = axes.twinx()
    numbers = zip(table[VERDICTS[0]], expected["chance"], expected["copy"], strict=True)
    said = [f"{found} | {chance:.1f} | {copy:.0f}" for found, chance, copy in numbers]
    right.set(ylim=axes.get_ylim(), yticks=range(len(said)))
    right.set_yticklabels(said, fontsize=8)
    right.set_ylabel("reproduced | if shuffled (tick) | if copied", fontsize=8)
    return style.finish(figure)


def claim_counts(table: pd.DataFrame) -> Figure:
    """Draw a bar per paper, divided by the verdicts on its claims; ``table`` has papers as index and verdicts as
    columns.
    """
    colours = {word: colour for word, (colour, _) in VERDICTS_OF_CLAIMS.items()}
    return _stacked(table.rename(index=words.paper), colours, "share of claims (counts inside)")


def _stacked(table: pd.DataFrame, colours: Mapping[str, str], label: str) -> Figure:
    figure, ax = plt.subplots(figsize=(7.0, 0.45 * len(table) + 1.1), layout="constrained")
    share = table.div(table.sum(axis=1), axis=0)
    left = [0.0] * len(table)
    for word, colour in colours.items():
        bars = ax.barh(table.index, share[word], left=left, color=colour, label=word)
        labels = [str(v) if v else "" for v in table[word]]
        ax.bar_label(bars, labels=labels, label_type="center", fontsize=8, color=_ink(colour))
        left = [a + b for a, b in zip(left, share[word], strict=True)]
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel=label)
    figure.legend(loc="outside upper center", ncols=len(colours), frameon=False)
    return style.finish(figure)


def _ink(colour: str) -> str:
    """Return black on light colours, white on dark ones, by relative luminance."""
    red, green, blue = to_rgb(colour)
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45 else "white"


def _label(axis: str, value: str) -> str:
    if axis == "model":
        return words.network(value)
    if axis == "method":
        return words.method(value) if value else "the model itself"
    return words.paper(value) if axis == "paper" else PRINTED.get(value, value.replace("_", " "))


def _choice(axis: str, values: pd.Series) -> str:
    options = "".join(
        f"<option value='{html.escape(v)}'>{html.escape(_label(axis, v))}</option>" for v in dict.fromkeys(values) if v
    )
    first = "<option value=''>all</option>"
    return f"<label>{PRINTED.get(axis, axis)} <select name='{axis}'>{first}{options}</select></label>"


def _row(r: Mapping[Any, Any]) -> str:
    data = " ".join(f"data-{axis}='{html.escape(r[axis])}'" for axis in FILTERS)
    cells = [html.escape(_label(axis, r[axis])) for axis in SHOWN]
    ours = words.interval(r["ours"], r["low"], r["high"])
    mark = f"<td class='tsb-mark' style='border-color:{COLOURS[r['outcome']]}'>{r['outcome']}</td>"
    source = f"<a href='{r['chapter']}.html'>{words.paper(r['paper'])}, {html.escape(r['table'])}</a>"
    plain = "".join(f"<td>{c}</td>" for c in (f"{r['published']:.3f}", ours, *cells, r["n"], source))
    return f"<tr {data}>{mark}{plain}<td>{html.escape(r['reason'])}</td></tr>"

"""One way from an explainer to numbers: whose draws are whose, what is counted, which axes."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from tests.training_examples import build, data
from tsinterp_lib.axes import IMAGE
from tsinterp_lib.engine.explain import Seeds, explained, scored
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import Choice
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Explainer, Samples


@dataclass(frozen=True)
class Drawn(Explainer):
    """Draws once while it is prepared and once while it explains."""

    needs = None
    first: float = 0.0

    def prepare(self, model, train):
        return Drawn(float(torch.rand(())))

    def _attribute(self, model, x, target):
        model(x)
        return torch.full_like(x, self.first) + torch.rand(())


def test_the_draws_of_preparing_explaining_and_scoring_start_where_the_caller_says():
    model, s = build(), data().test
    with scope(3):
        first, second = float(torch.rand(())), float(torch.rand(()))
    with scope(4):
        other = float(torch.rand(()))
    on = explained(model, Drawn(), s, s, Seeds(3))
    apart = explained(model, Drawn(), s, s, Seeds(3, 4, 9))
    assert on.explanation.attribution[0, 0, 0].item() == pytest.approx(first + second)
    assert apart.explanation.attribution[0, 0, 0].item() == pytest.approx(first + other)
    assert (on.explanation.seed, apart.explanation.seed) == (0, 9)
    assert apart.explainer.first == first


def test_only_explaining_is_counted():
    model, s = build(), data().test
    found = explained(model, Drawn(), s, s, Seeds(0))
    assert found.calls == 1 + len(s)  # one to learn the shape of the output
    assert found.seconds > 0


def test_samples_with_other_axes_are_explained_by_methods_that_can_and_refused_by_name_by_others():
    s = Samples(torch.rand(4, 2, 3, 3), torch.tensor([0, 1, 0, 1]), axes=IMAGE)
    model = nn.Sequential(nn.Flatten(), nn.Linear(18, 2))
    found = explained(model, OfAnyAxes(), s, s, Seeds(0)).explanation
    assert found.axes == IMAGE
    assert torch.equal(found.attribution, s.x)
    (row,) = scored(found, [Choice("saliency_distribution", {"levels": (0.0,)})])
    assert (row.level, row.values.shape) == (0.0, (4,))

    class OfSeries(Drawn):
        needs = ("time", "feature")

    with pytest.raises(InvalidInput, match="OfSeries takes the axes time, feature; this input has channel"):
        explained(model, OfSeries(), s, s, Seeds(0))


def test_scores_come_by_label_and_level():
    s = data().test
    a = torch.rand_like(s.x)
    m = torch.zeros_like(s.x, dtype=torch.bool)
    m[:, 2:4, 1] = True
    e = explained(build(), Handed(a), Samples(s.x, s.y, m), s, Seeds(0)).explanation
    rows = list(scored(e, ["auroc", Choice("precision_count", {"levels": (0.1, 0.5)}, alias="p")]))
    assert [(r.metric, r.level) for r in rows] == [("auroc", None), ("p", 0.1), ("p", 0.5)]
    assert all(r.values.shape == (len(s),) for r in rows)


class OfAnyAxes(Explainer):
    """The input itself as its explanation, once it is told the axes."""

    needs = None

    def attribute(self, model, x, target):
        self.axes.check(x.shape)
        return x.clone()

    def _attribute(self, model, x, target): ...


class Handed(Explainer):
    """Hands back the map it is given."""

    def __init__(self, a):
        self.given = a

    def _attribute(self, model, x, target):
        return self.given

"""The nouns, the registry, the seeds, and the checks at the doors."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tsinterp_lib import checks, paths
from tsinterp_lib.axes import SERIES
from tsinterp_lib.errors import InvalidInput, MemoryBudgetExceeded, UnknownName
from tsinterp_lib.guard import attribution_mode, counted, passed
from tsinterp_lib.registry import KINDS, Choice, build, known, table
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.types import Explanation, Metric, Samples, Sizes

PINNED = 60690852  # the same on every machine: rows of one machine must be found again on another


class Net(nn.Module):
    n_steps, n_features = 5, 3

    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(15, 2))

    def forward(self, x):
        return self.head(x.flatten(1))


def unchecked(x, y, importance=None):
    """What a user meets, who runs without the shape annotations that the tests check first."""
    fields = {"observed": None, "lengths": None, "constants": {}, "axes": SERIES}
    Samples.__post_init__(SimpleNamespace(x=x, y=y, importance=importance, **fields))


def samples(n=4):
    return Samples(torch.randn(n, 5, 3), torch.arange(n) % 2, torch.ones(n, 5, 3, dtype=torch.bool))


def test_samples_refuse_labels_of_another_length():
    with pytest.raises(InvalidInput, match="3 labels; `x` has 4 samples"):
        unchecked(torch.zeros(4, 5, 3), torch.zeros(3, dtype=torch.long))


def test_samples_refuse_a_mask_of_another_shape():
    with pytest.raises(InvalidInput, match="importance"):
        unchecked(torch.zeros(4, 5, 3), torch.zeros(4, dtype=torch.long), torch.ones(4, 3, 5, dtype=torch.bool))


def test_slicing_samples_cuts_every_part():
    cut = samples(4)[1:3]
    assert (len(cut), cut.x.shape[0], cut.y.tolist(), cut.importance.shape[0]) == (2, 2, [1, 0], 2)


def test_sizes_refuse_an_empty_split():
    with pytest.raises(InvalidInput, match="`validation` is 0"):
        Sizes(1, 0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_names_list_the_nearest_and_all(kind):
    name = next(iter(table(kind)))
    misspelt = name[:-1] + ("x" if name[-1] != "x" else "y")
    with pytest.raises(UnknownName, match=f"Did you mean .*'{name}'") as error:
        known(misspelt, table(kind), kind)
    assert all(other in str(error.value) for other in table(kind))


def test_an_unknown_parameter_lists_those_there_are():
    with pytest.raises(UnknownName, match="Did you mean 'n_steps'"):
        build("explainer", Choice("integrated_gradients", {"nsteps": 5}))


def test_a_choice_is_its_name_and_parameters_whatever_their_order_or_alias():
    one, two = Choice("a", {"p": 1, "q": Choice("b")}), Choice("a", {"q": Choice("b"), "p": 1}, alias="short")
    assert one.spec() == two.spec()
    assert hash(one) == hash(two)
    assert (one.label, two.label) == ("a[p=1,q=b]", "short")


def test_nested_choices_are_built():
    made = build("explainer", Choice("permuted_features", {"base": Choice("gradient", {"absolute": True})}))
    assert made.base == build("explainer", Choice("gradient", {"absolute": True}))


def test_seeds_depend_on_the_parts_and_their_borders():
    assert seed_from("a", 1) == PINNED
    assert len({seed_from("a", 1), seed_from("a1"), seed_from("a", 2), seed_from(1, "a")}) == 4
    assert 0 <= seed_from("x") < 2**31


def test_a_scope_repeats_itself_and_leaves_the_caller_undisturbed():
    torch.manual_seed(5)
    np.random.seed(5)
    with scope(1):
        first = (torch.rand(2).tolist(), np.random.rand(2).tolist())
    after = (torch.rand(1).item(), np.random.rand())
    torch.manual_seed(5)
    np.random.seed(5)
    with scope(1):
        second = (torch.rand(2).tolist(), np.random.rand(2).tolist())
    assert first == second
    assert after == (torch.rand(1).item(), np.random.rand())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(5, 3), "add a batch axis"),
        (torch.zeros(0, 5, 3), "batch is empty"),
        (torch.zeros(2, 5, 3, dtype=torch.long), "gradients need floats"),
        (torch.full((2, 5, 3), float("nan")), r"30 values that are NaN or infinite, the first at \(0, 0, 0\)"),
        (torch.full((2, 5, 3), float("inf")), "NaN or infinite"),
    ],
)
def test_series_that_cannot_be_explained_are_refused_in_words(x, message):
    with pytest.raises(InvalidInput, match=message):
        checks.check_series(x, axes=SERIES)


def test_swapped_axes_are_recognised():
    with pytest.raises(InvalidInput, match=r"the model takes \(N, 5, 3\).*look swapped"):
        checks.output_size(Net(), torch.zeros(2, 3, 5))


def test_a_model_that_refuses_the_shape_is_named_with_it():
    with pytest.raises(InvalidInput, match=r"refuses `x` of shape \(2, 4, 4\)"):
        checks.output_size(nn.Sequential(nn.Flatten(), nn.Linear(15, 2)), torch.zeros(2, 4, 4))


def test_a_model_with_another_output_is_refused():
    with pytest.raises(InvalidInput, match="one score per class"):
        checks.output_size(nn.Identity(), torch.zeros(2, 4, 4))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (torch.tensor([0, 2]), "holds 2; the model has 2 outputs: targets lie in 0..1"),
        (torch.tensor([-1, 0]), "holds -1"),
        (torch.tensor([0]), "one class per sample"),
        (torch.tensor([0.0, 1.0]), "class indices are integers"),
    ],
)
def test_targets_out_of_range_are_refused(target, message):
    with pytest.raises(InvalidInput, match=message):
        checks.check_target(target, 2, 2)


def test_a_baseline_of_another_shape_is_refused():
    with pytest.raises(InvalidInput, match=r"`baseline` has shape \(3, 5\); `x` has \(2, 5, 3\)"):
        checks.check_like(torch.zeros(3, 5), torch.zeros(2, 5, 3))
    assert checks.check_like(torch.zeros(5, 3), torch.zeros(2, 5, 3)).shape == (5, 3)


def test_labels_of_one_class_are_refused():
    with pytest.raises(InvalidInput, match="all 3 labels of `train` are 1"):
        checks.check_labels(torch.ones(3, dtype=torch.long), 2)


def test_more_than_memory_is_refused_before_it_is_allocated():
    with pytest.raises(MemoryBudgetExceeded, match=r"needs about 1048576\.0 GiB"):
        checks.check_memory(2**50, "a data set")


def test_attributions_of_another_shape_or_not_finite_are_refused():
    x = torch.zeros(2, 5, 3)
    with pytest.raises(InvalidInput, match="one score per input cell"):
        checks.check_attribution(torch.zeros(2, 5), x, "mine")
    with pytest.raises(InvalidInput, match="NaN or infinite scores"):
        checks.check_attribution(x / 0, x, "mine")


def test_the_guard_turns_dropout_and_parameter_gradients_off_and_puts_everything_back():
    model = Net().train()
    model.head[1].eval()
    model.head[1].bias.requires_grad_(False)
    with attribution_mode(model):
        assert not any(m.training for m in model.modules())
        assert not any(p.requires_grad for p in model.parameters())
        assert not torch.backends.cudnn.enabled
    assert (model.training, model.head[0].training, model.head[1].training) == (True, True, False)
    assert (model.head[1].weight.requires_grad, model.head[1].bias.requires_grad) == (True, False)


def test_the_guard_puts_everything_back_after_an_error():
    model = Net().train()
    with pytest.raises(ZeroDivisionError), attribution_mode(model):
        1 / 0  # noqa: B018
    assert model.training
    assert all(p.requires_grad for p in model.parameters())


def test_series_through_a_model_are_counted_inside_the_block_only():
    model = Net()
    with counted(model) as calls:
        model(torch.zeros(3, 5, 3))
        model(torch.zeros(4, 5, 3))
    model(torch.zeros(5, 5, 3))
    assert calls == [7]


def test_series_that_enter_behind_the_first_layer_are_counted_in_every_open_block():
    model = Net()
    with counted(model) as outer:
        passed(model, 2)
        with counted(model) as inner, counted(Net()) as other:
            passed(model, 3)
        passed(model, 5)
    passed(model, 7)
    assert (outer, inner, other) == ([10], [3], [0])


def test_a_constant_map_has_no_magnitude_and_keeps_its_order():
    s = samples()
    e = Explanation(Net(), s.x, s.y, torch.full((4, 5, 3), -2.0), s.importance)
    assert e.magnitude.abs().sum() == 0
    assert e.order.equal(torch.arange(15).expand(4, 15))


def test_magnitudes_are_scaled_per_sample_and_ties_keep_the_lower_index_first():
    s = samples(2)
    a = torch.zeros(2, 5, 3)
    a[0, 0, 1], a[0, 2, 0], a[1, 4, 2] = -4.0, 2.0, 0.5
    e = Explanation(Net(), s.x, s.y, a, s.importance)
    assert e.magnitude[0, [1, 6]].tolist() == [1.0, 0.5]
    assert e.magnitude[1, 14] == 1.0
    assert e.order[0, :3].tolist() == [1, 6, 0]


def test_a_metric_that_needs_the_truth_says_so():
    s = samples()
    with pytest.raises(InvalidInput, match="important cells are known"):
        _ = Explanation(Net(), s.x, s.y, s.x).truth


def test_a_curve_is_computed_once_per_explanation():
    from dataclasses import dataclass

    calls = []

    @dataclass(frozen=True)
    class Once(Metric):
        levels: tuple[float, ...] = (0.5, 0.6)

        def _scores(self, e):
            calls.append(1)
            return torch.zeros(4, 2, dtype=torch.float64)

    s = samples()
    e = Explanation(Net(), s.x, s.y, s.x, s.importance)
    assert Once().scores(e) is Once().scores(e)
    assert calls == [1]
    with pytest.raises(InvalidInput, match=r"Once has 2 levels: call scores\(e\)"):
        Once()(e)
    one = Once((0.5,))
    one.scores(e)
    assert len(e.memo) == 1  # a single score costs what it costs, and is not kept
    assert one.levels == (0.5,)


def test_places_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path / "r"))
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "c"))
    monkeypatch.setenv("TSINTERP_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    assert paths.results() == (tmp_path / "r").resolve()
    assert paths.units("s", "p") == (tmp_path / "c").resolve() / "units" / "s" / "p"
    assert paths.data("mnist") == (tmp_path / "mnist").resolve()
    assert paths.data("absent") is None

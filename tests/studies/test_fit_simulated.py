"""The simulated experiments of the FIT line: the plan has the published sizes, truths and recipes."""

from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.registry import build
from tsinterp_lib.studies import STUDIES

PAPER = PROFILES["paper"]
CELLS = STUDIES["fit_simulated"].cells(PAPER)


def test_four_data_sets_are_explained_under_both_protocols_by_three_seeds():
    units = {(c.protocol, c.dataset.label, c.seed) for c in CELLS}
    labels = {"state", "switch_feature", "spike", "spike_delay_2"}
    assert units == {(p, d, s) for p in ("as_released", "corrected") for d in labels for s in range(3)}


def test_what_is_important_is_the_feature_that_takes_over_or_the_first_spike():
    for cell in {c.dataset.label: c for c in CELLS}.values():
        source = build("dataset", cell.dataset)
        assert getattr(source, "truth", "switch") == "switch"
        assert getattr(source, "delay", 0) == (2 if cell.dataset.label == "spike_delay_2" else 0)
        assert source.n_steps == (80 if "spike" in cell.dataset.label else 100)


def test_networks_are_trained_as_the_released_scripts_train_them():
    released = {c.dataset.name: build("trainer", c.trainer) for c in CELLS if c.protocol == "as_released"}
    for name, recipe, rate, decay, epochs, batch in (
        ("state", "twenty", 1e-4, 1e-3, 50, 100),
        ("switch_feature", "twenty", 1e-4, 1e-3, 50, 100),
        ("spike", "five_from_one", 1e-3, 1e-4, 100, 200),
    ):
        t = released[name]
        found = (t.recipe, t.learning_rate, t.weight_decay, t.epochs, t.batch_size, t.keep)
        assert found == (recipe, rate, decay, epochs, batch, "last")


def test_fit_is_run_with_both_orders_of_averaging_and_one_generator():
    for protocol in ("as_released", "corrected"):
        own = {c.explainer.label: c.explainer for c in CELLS if c.protocol == protocol and c.explainer}
        fits = {build("explainer", e).average: build("explainer", e) for label, e in own.items() if label[:3] == "fit"}
        assert set(fits) == {"kl_of_mean", "mean_of_kl"}
        assert len({(f.epochs, f.generator_protocol, f.negative) for f in fits.values()}) == 1
        wanted = {"feature_occlusion", "augmented_occlusion", "integrated_gradients", "gradient_shap", "deep_lift"}
        assert wanted | {"retain_attention", "random", "position_only", "oracle"} <= set(own)

"""The settings of each method under the two protocols: as released in 2020, and corrected."""

from __future__ import annotations

from tsinterp_lib.registry import Choice, Scalar


def _choice(name: str, **params: Scalar | Choice) -> Choice:
    return Choice(name, params, alias=name)


def _protocol(*choices: Choice) -> dict[str, Choice]:
    return {choice.name: choice for choice in choices}


AS_RELEASED: dict[str, Choice] = _protocol(
    _choice("gradient", absolute=True),
    _choice("integrated_gradients", baseline="uniform", n_steps=50),
    _choice("deep_lift", baseline="uniform"),
    _choice("gradient_shap", references="uniform", n_references=50, group_size=10, n_samples=5, noise_std=0.09),
    _choice("deep_shap", references="uniform", n_references=50, group_size=10),
    _choice("smoothgrad", n_samples=5, noise_std=1.0, absolute=True),
    _choice("shapley_value_sampling", groups="time", n_permutations=25, baseline="uniform"),
    _choice("feature_permutation", groups="time", group_size=10),
    _choice("feature_ablation", groups="cell", baseline="zero"),
    _choice("occlusion", window_steps=1, baseline="uniform"),
    # Not run in 2020: Captum's defaults, on the scripts' baseline and groups.
    _choice("input_x_gradient"),
    _choice("lime", groups="time", n_samples=50, penalty="lasso", baseline="uniform"),
    _choice("kernel_shap", groups="time", n_samples=25, baseline="uniform"),
    _choice("random"),
    _choice("position_only"),
    _choice("oracle"),
    _choice("permuted_features", base=_choice("gradient", absolute=True)),
)
"""What the code of the 2020 benchmark computes: absolute gradients, random baselines, wide noise, batches of ten."""

CORRECTED: dict[str, Choice] = _protocol(
    _choice("gradient"),
    _choice("integrated_gradients", baseline="train_mean", n_steps=50),
    _choice("deep_lift", baseline="train_mean"),
    _choice("gradient_shap", references="train", n_references=20, n_samples=20, noise_std=0.0),
    _choice("deep_shap", references="train", n_references=20),
    _choice("smoothgrad", n_samples=25, noise_std=0.1),
    _choice("shapley_value_sampling", groups="time", n_permutations=25, baseline="train_mean"),
    _choice("feature_permutation", groups="time"),
    _choice("feature_ablation", groups="cell", baseline="train_mean"),
    _choice("occlusion", window_steps=1, baseline="train_mean"),
    _choice("input_x_gradient"),
    _choice("lime", groups="time", n_samples=200, baseline="train_mean"),
    _choice("kernel_shap", groups="time", n_samples=200, baseline="train_mean"),
    _choice("random"),
    _choice("position_only"),
    _choice("oracle"),
    _choice("permuted_features", base=_choice("gradient")),
)
"""Signed gradients, the mean training sample or training samples as reference, noise a tenth of the data's range.

Shapley sampling, permutation, occlusion, LIME and KernelSHAP still score time steps, not cells: they cannot locate
features, by construction, and feature-level scores of them say nothing.
"""

"""Attribution methods, by name; the settings of each under the two protocols."""

from __future__ import annotations

from tsinterp_lib.explainers.augmented_occlusion import AugmentedOcclusion
from tsinterp_lib.explainers.convergence import convergence_delta
from tsinterp_lib.explainers.deep_lift import DeepLift
from tsinterp_lib.explainers.deep_shap import DeepShap
from tsinterp_lib.explainers.dynamask import Dynamask
from tsinterp_lib.explainers.each_series import EachSeries
from tsinterp_lib.explainers.each_step import EachStep
from tsinterp_lib.explainers.feature_ablation import FeatureAblation
from tsinterp_lib.explainers.feature_occlusion import FeatureOcclusion
from tsinterp_lib.explainers.feature_permutation import FeaturePermutation
from tsinterp_lib.explainers.fit import FIT
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.explainers.gradient_shap import GradientShap
from tsinterp_lib.explainers.input_x_gradient import InputXGradient
from tsinterp_lib.explainers.integrated_gradients import IntegratedGradients
from tsinterp_lib.explainers.kernel_shap import KernelShap
from tsinterp_lib.explainers.lime import Lime
from tsinterp_lib.explainers.occlusion import Occlusion
from tsinterp_lib.explainers.oracle import Oracle
from tsinterp_lib.explainers.permuted_features import PermutedFeatures
from tsinterp_lib.explainers.position_only import PositionOnly
from tsinterp_lib.explainers.random import Random
from tsinterp_lib.explainers.retain_attention import RetainAttention
from tsinterp_lib.explainers.scrambled_output import ScrambledOutput
from tsinterp_lib.explainers.shapley_value_sampling import ShapleyValueSampling
from tsinterp_lib.explainers.smoothgrad import SmoothGrad
from tsinterp_lib.explainers.temporal_saliency_rescaling import TemporalSaliencyRescaling
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.types import Explainer

EXPLAINERS: dict[str, type[Explainer]] = {
    "gradient": Gradient,
    "input_x_gradient": InputXGradient,
    "integrated_gradients": IntegratedGradients,
    "deep_lift": DeepLift,
    "gradient_shap": GradientShap,
    "deep_shap": DeepShap,
    "smoothgrad": SmoothGrad,
    "shapley_value_sampling": ShapleyValueSampling,
    "feature_permutation": FeaturePermutation,
    "feature_ablation": FeatureAblation,
    "occlusion": Occlusion,
    "lime": Lime,
    "kernel_shap": KernelShap,
    "feature_occlusion": FeatureOcclusion,
    "augmented_occlusion": AugmentedOcclusion,
    "fit": FIT,
    "dynamask": Dynamask,
    "retain_attention": RetainAttention,
    "each_step": EachStep,
    "each_series": EachSeries,
    "scrambled_output": ScrambledOutput,
    "temporal_saliency_rescaling": TemporalSaliencyRescaling,
    "random": Random,
    "position_only": PositionOnly,
    "oracle": Oracle,
    "permuted_features": PermutedFeatures,
}
"""Every method and control."""


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

__all__ = [
    "AS_RELEASED",
    "CORRECTED",
    "EXPLAINERS",
    *sorted(cls.__name__ for cls in EXPLAINERS.values()),
    "convergence_delta",
]

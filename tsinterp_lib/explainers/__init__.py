"""Attribution methods, by name; ``settings`` holds those of each under the two protocols."""

from __future__ import annotations

from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers.augmented_occlusion import AugmentedOcclusion
from tsinterp_lib.explainers.blurred import Blurred
from tsinterp_lib.explainers.convergence import convergence_delta
from tsinterp_lib.explainers.deep_lift import DeepLift, DeepShap
from tsinterp_lib.explainers.dynamask import Dynamask
from tsinterp_lib.explainers.each_series import EachSeries
from tsinterp_lib.explainers.each_step import EachStep
from tsinterp_lib.explainers.feature_ablation import FeatureAblation
from tsinterp_lib.explainers.feature_occlusion import FeatureOcclusion
from tsinterp_lib.explainers.feature_permutation import FeaturePermutation
from tsinterp_lib.explainers.fit import FIT
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.explainers.gradient_shap import GradientShap
from tsinterp_lib.explainers.guided_backprop import GuidedBackprop
from tsinterp_lib.explainers.input_x_gradient import InputXGradient
from tsinterp_lib.explainers.integrated_gradients import IntegratedGradients
from tsinterp_lib.explainers.kernel_shap import KernelShap
from tsinterp_lib.explainers.lime import Lime
from tsinterp_lib.explainers.noise_ensemble import NoiseEnsemble
from tsinterp_lib.explainers.occlusion import Occlusion
from tsinterp_lib.explainers.oracle import Oracle
from tsinterp_lib.explainers.permuted_features import PermutedFeatures
from tsinterp_lib.explainers.position_only import PositionOnly
from tsinterp_lib.explainers.random import Random
from tsinterp_lib.explainers.retain_attention import RetainAttention
from tsinterp_lib.explainers.scrambled_output import ScrambledOutput
from tsinterp_lib.explainers.settings import AS_RELEASED, CORRECTED
from tsinterp_lib.explainers.shapley_value_sampling import ShapleyValueSampling
from tsinterp_lib.explainers.smoothgrad import SmoothGrad
from tsinterp_lib.explainers.sobel import Sobel
from tsinterp_lib.explainers.squared import Squared
from tsinterp_lib.explainers.tsr import TemporalSaliencyRescaling

EXPLAINERS: dict[str, type[Explainer]] = {
    "gradient": Gradient,
    "input_x_gradient": InputXGradient,
    "integrated_gradients": IntegratedGradients,
    "deep_lift": DeepLift,
    "gradient_shap": GradientShap,
    "deep_shap": DeepShap,
    "guided_backprop": GuidedBackprop,
    "smoothgrad": SmoothGrad,
    "noise_ensemble": NoiseEnsemble,
    "squared": Squared,
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
    "blurred": Blurred,
    "sobel": Sobel,
    "position_only": PositionOnly,
    "oracle": Oracle,
    "permuted_features": PermutedFeatures,
}
"""Every method and control."""

__all__ = [
    "AS_RELEASED",
    "CORRECTED",
    "EXPLAINERS",
    *sorted(cls.__name__ for cls in EXPLAINERS.values()),
    "convergence_delta",
]

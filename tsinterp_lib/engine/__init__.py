"""Compute what there is to compute: an explanation and its scores."""

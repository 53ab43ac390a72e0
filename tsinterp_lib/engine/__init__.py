"""Computes what is missing: cells, profiles, units, rows on disk, and a runner that can be stopped anywhere."""

"""Computes what chapters show of the library while they are built: small, seeded, seconds each."""

"""Turns numbers into intervals, tests and verdicts; knows no study and no figure."""

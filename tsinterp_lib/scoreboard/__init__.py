"""Gathers what every study claims and prints, and says what of it holds; adds none of its own."""

"""Turns rows into tables for any study, and into the words that print them."""

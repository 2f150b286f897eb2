"""Figures that the documentation claims, each printed by `python -m tests.proofs NAME`."""

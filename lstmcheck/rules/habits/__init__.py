"""Mistakes of states, layers and arguments that torch is silent about."""

"""Mistakes of batch, time, layer rows and directions that torch is silent about."""

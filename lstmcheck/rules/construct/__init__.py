"""Rules about the construction of a layer."""

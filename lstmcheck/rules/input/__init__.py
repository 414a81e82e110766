"""Rules about the call of a layer and its input."""

"""Rules about the use of what a layer returns."""

"""Rules about the initial state handed to a layer."""

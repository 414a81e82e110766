"""Rules about packed and padded sequences."""

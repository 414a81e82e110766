"""What a program's shapes are, for its author to read: source with shapes beside it, one layer in full, statistics."""

"""What the axes of tensors stand for, and the evidence for it: batch, time, layer rows, features.

A meaning comes from the program: from a layer that reads or writes an axis as such, from what stacks samples or pads
them, from the names that sizes have. `carry` takes meanings through torch's operations; what it does not follow loses
them. The detectors in `lstmcheck.infer.silent` compare them.
"""

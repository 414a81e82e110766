"""Which samples of a batch reach which: one sample is changed, and everything that moves with it is looked at.

`batches` finds the samples in a batch, `changes` changes one of them, `copies` and `replay` make runs that leave no
trace behind and can be repeated bit by bit, `watching` sees the recurrent kernels of a run, `patterns` reads where a
sample lies from what moved, `outputs` does so for results, `study` puts runs together, `result` is what a user gets.
"""

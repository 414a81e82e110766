"""Hypothesis strategies for recurrent layers, and torch held beside the contract. Imports torch and hypothesis.

`strategies` draws descriptions: configurations, inputs, states, right and wrong. `real` turns a description into the
module, tensor or packed sequence that it describes. `verdicts` says what the contract expects of a call and what
torch does with it; `isolated` observes calls that may crash the interpreter, in children of their own.
"""

"""Hypothesis strategies for recurrent layers, and torch held beside the contract.

`strategies` draws descriptions: configurations, inputs, states, right and wrong; it needs hypothesis. `verdicts` says
what the contract expects of a call, and whether that is what happened. `real` turns a description into the module,
tensor or packed sequence that it describes, and calls them; `isolated` observes calls that may crash the interpreter,
in children of their own. Those two import torch.
"""

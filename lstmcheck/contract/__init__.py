"""What is true of torch.nn's recurrent modules: pure functions, generic in the dimension type, without torch.

`arguments` binds constructor and forward calls and states what constructors require; `recurrent` and `cells` state
what a call requires and return its shapes; `packed` does so for torch.nn.utils.rnn; `weights` names every parameter.
`needs` is the form that all of them share, `keys` the list of needs, `values` how they see tensors.
"""

"""The attributes that torch's recurrent modules have, so that a name they do not have can be told.

Read off instances of torch 2.13; held against torch by tests/contract/test_attributes.py. Weights (`weight_ih_l0`) are
not listed: `contract.weights` knows them.
"""

from __future__ import annotations

COMMON = frozenset(
    {
        "T_destination",
        "_apply",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_buffers",
        "_call_impl",
        "_compiled_call_impl",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_get_backward_hooks",
        "_get_backward_pre_hooks",
        "_get_name",
        "_is_full_backward_hook",
        "_load_from_state_dict",
        "_load_state_dict_post_hooks",
        "_load_state_dict_pre_hooks",
        "_maybe_warn_non_full_backward_hook",
        "_modules",
        "_named_members",
        "_non_persistent_buffers_set",
        "_parameters",
        "_register_load_state_dict_pre_hook",
        "_register_state_dict_hook",
        "_replicate_for_data_parallel",
        "_save_to_state_dict",
        "_slow_forward",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_version",
        "_wrapped_call_impl",
        "add_module",
        "apply",
        "bfloat16",
        "bias",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "hidden_size",
        "input_size",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "reset_parameters",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    }
)
"""Of every recurrent layer and cell."""

LAYER = frozenset(
    {
        "_all_weights",
        "_flat_weight_refs",
        "_flat_weights",
        "_flat_weights_names",
        "_init_flat_weights",
        "_update_flat_weights",
        "_weights_have_changed",
        "all_weights",
        "batch_first",
        "bidirectional",
        "check_forward_args",
        "check_hidden_size",
        "check_input",
        "dropout",
        "flatten_parameters",
        "get_expected_cell_size",
        "get_expected_hidden_size",
        "mode",
        "nonlinearity",
        "num_layers",
        "permute_hidden",
        "proj_size",
    }
)
"""Of nn.LSTM, nn.GRU and nn.RNN only."""

CELL = frozenset(
    {
        "nonlinearity",
    }
)
"""Of the cells only."""


def has_attribute(kind: str, name: str) -> bool:
    """Whether an instance of a recurrent class has a public attribute, weights and special names aside."""
    if name.startswith(("__", "weight_", "bias_")):
        return True
    return name in COMMON or name in (CELL if kind.endswith("Cell") else LAYER)

"""How tensors lie in memory: a layout is carried along with a tensor, and strides are worked out where a view asks.

What a layout is: `layouts.py`. What operations make of it: `carry.py`. Whether a view is possible: `views.py`.
"""

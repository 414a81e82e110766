"""What torch answered to questions about its recurrent layers: the contract can be held against it without torch.

`cd tests && python -m recorded` asks torch anew and writes `answers.jsonl`.
"""

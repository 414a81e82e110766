"""What earlier runs found, kept in a folder, and given back only where a run would find the same again.

`folder` keeps entries, `questions` says whether the disk still answers as it did, `results` writes a result as plain
values, `runs` puts them together.
"""

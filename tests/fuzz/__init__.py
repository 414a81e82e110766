"""Commands that try to break the linter: real files, mutated programs, random ones. None of them is a test."""

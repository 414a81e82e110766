"""The language server: findings, fixes, shapes and pages of rules in an editor."""

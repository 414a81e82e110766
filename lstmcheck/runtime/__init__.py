"""The run-time agent: watches the recurrent calls that really happen, and says what they violate.

`trace` patches the classes and holds the sessions, `checks` drives the contract with ints, `explain` reads torch's own
errors, `probing` is the table of probes for silent mistakes, `report` is what a user gets. Nothing here imports the
rules: whoever starts a session hands in `judge`.
"""

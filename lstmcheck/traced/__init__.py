"""What a user gets of a trace: the report as text, table, page, picture and data."""

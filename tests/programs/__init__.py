"""Programs around recurrent layers, drawn as source text; what torch does with them; and what the linter says."""

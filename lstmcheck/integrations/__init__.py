"""Ways into other people's tools: pytest, Lightning, transformers, notebooks."""

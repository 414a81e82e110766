"""A command that changes the contract and the algebra of sizes a little and asks whether their tests notice."""

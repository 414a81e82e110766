"""One module a family of mistakes: what shows it in the calls of a run. `probing.MODULES` lists them."""

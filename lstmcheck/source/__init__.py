"""Files and text: which files are read, how bytes become a syntax tree with positions, which findings are silenced."""

"""Mistakes that torch is silent about, told by what the program does with states, layers and arguments.

Each module looks at one kind of place: the engine calls it there. A finding needs evidence that stands in the code
(what a value is, which round of a loop made it, whether a name is ever read), and its need carries that evidence in
`detail`. Names of variables are evidence only where `words` knows them.
"""

"""`search`: an honest researcher that is no language model.

It knows a menu of ingredients, screens a few combinations cheaply, trains the best in full, submits it, posts what it
found, reads what others found and recombines. It is the baseline that a model has to beat, and the mind that runs
where there is no key.
"""

from .mind import SearchMind

__all__ = ["SearchMind"]

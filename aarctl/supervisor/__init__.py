"""The fleet of one run: a process of its own that drives researchers, experiments, scores and replications.

It decides from the folded journal alone, so that whatever died, the next supervisor goes on from the same place.
"""

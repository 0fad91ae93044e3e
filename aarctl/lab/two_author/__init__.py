"""A synthetic world told by two authors: one right, one with systematic misconceptions.

A base model pretrained on both knows the truth and the mistake, so that weak labels have something to elicit.
Two domains: `code` (feedback) and `math` (held out).
"""

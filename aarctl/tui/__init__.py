"""The control room: a pure client of the journal.

It reads events, folds them and draws; it writes nothing but rows of the inbox. Closing it changes nothing.
"""

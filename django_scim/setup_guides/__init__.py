"""What to fill in at each identity provider: the data of the set-up page in the admin.

The guides in ``docs/how-to/providers`` say the same at length.

Private: it may change without notice.
"""

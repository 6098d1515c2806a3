"""Rehearsal: a connection is answered as if what it asks for were done, and nothing of the project changes.

Each request runs for real, in transactions that are rolled back. What it names of what was rehearsed before
is done again first, so that a client may go on with an ``id`` that it was given.

Private: it may change without notice.
"""

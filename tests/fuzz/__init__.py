"""Hostile requests by the thousand, through the whole stack: ``python -m tests.fuzz --requests 10000``.

Whatever a client sends, the answer is SCIM's, no answer is a failure of the server, and a refused request
leaves the database as it was.
"""

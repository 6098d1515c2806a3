"""Drift: where the accounts of the project and those of an identity provider have come apart.

Private: it may change without notice.
"""

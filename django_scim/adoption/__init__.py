"""Adoption: a connection takes over accounts that existed before SCIM.

Private: it may change without notice.
"""

"""Accounts that were there before SCIM, taken into the care of a connection.

Private: it may change without notice.
"""

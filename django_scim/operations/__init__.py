"""The writes: one transaction that locks, checks, changes, saves and records.

Private: it may change without notice.
"""

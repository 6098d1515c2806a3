"""What a write is: one transaction that locks, checks, applies, saves and records.

Private: it may change without notice.
"""

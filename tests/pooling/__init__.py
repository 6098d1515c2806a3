"""The service behind PgBouncer in transaction mode, where two statements may meet two sessions of PostgreSQL.

``python -m tests.pooling`` starts a PostgreSQL server and a small pool in front of it. Through the pool it
runs the tests of this folder, and of the others those that hold transactions and locks, or read in batches.
"""

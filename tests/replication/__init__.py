"""What reads see, and what writes do, where reads go to a replica that lags.

``python -m tests.replication`` starts a PostgreSQL server and a streaming replica of it, and runs the tests
of this folder with settings of their own. Other runs leave them out.
"""

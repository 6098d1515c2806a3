"""What becomes of writes when the database, the network or a worker fails in the middle of them.

``python -m tests.faults`` starts database servers of its own and a server of SCIM with several workers, lets
clients write, brings a fault about, and then compares what was answered with what is in the database.
"""

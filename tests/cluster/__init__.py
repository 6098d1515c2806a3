"""What becomes of writes on a Galera cluster, whose nodes all take them, and one of which may die.

``python -m tests.cluster`` starts three nodes of MariaDB, and runs the tests of this folder on them, with
settings of their own, and another test whose requests come at once. Other runs leave them out.
"""

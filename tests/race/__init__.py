"""What becomes of resources that several clients change at the same time.

``python -m tests.race`` starts database servers of its own, lets eight threads send requests that get in each
other's way, and checks that what is left can be explained by some order of the requests that succeeded.
"""

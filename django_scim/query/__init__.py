"""What a read is: filters, order, pages and projections, compiled to the ORM.

Private: it may change without notice.
"""

"""Reading: filters, order, pages and projections."""

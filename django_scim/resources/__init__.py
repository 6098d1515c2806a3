"""A resource type at run time: rows with their records and versions, and what an answer has of them."""

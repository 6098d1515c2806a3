"""A project with a stock user, and a profile beside it: title, phone, department and manager."""

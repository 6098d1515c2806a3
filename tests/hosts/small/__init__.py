"""Models such as projects have that are not a stock one: other user models, other keys, other relations."""

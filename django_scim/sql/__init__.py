"""What lies under the mappings: SQL that Django has no words for, and what a comparison means."""

"""Tests of the mappings: what each may be asked, wherever it is declared."""

"""Rehearsals: requests that are answered as if they worked, and change nothing."""

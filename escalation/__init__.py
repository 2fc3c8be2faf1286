"""Telling the right people in time, and knowing that they were told."""

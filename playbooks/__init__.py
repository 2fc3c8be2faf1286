"""A plan made ready to run: versioned, never changed once published."""

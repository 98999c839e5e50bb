"""The handbooks against the code."""

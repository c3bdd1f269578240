"""Frozen figures in, bytes out: the same figures always give the same bytes."""

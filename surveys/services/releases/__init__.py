"""Publish closed surveys: figures through the privacy gate, frozen."""

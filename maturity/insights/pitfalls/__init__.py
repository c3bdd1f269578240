"""The pitfalls: one module each, named by its public key."""

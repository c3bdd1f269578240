"""What the stack refuses to do, and why."""


class StackError(Exception):
    """Why nothing was started or everything was stopped; the first line says all."""

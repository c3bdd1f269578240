"""What an OData client asked for and does not get."""


class NotUnderstood(Exception):
    """The request is no OData, or asks for a part of it that is not offered.

    `target` is the query option or header at fault; the message names what in it.
    """

    def __init__(self, target: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.target = target
        self.message = message
        self.code = code


def unsupported(target: str, what: str) -> NotUnderstood:
    return NotUnderstood(target, f"{what} is not supported.", "not_supported")

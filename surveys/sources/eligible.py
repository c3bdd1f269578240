"""How many people of each group could have answered: round_key, group_key, eligible."""

from typing import BinaryIO

from maturity.sources import BadFileError, Column, CsvReader, Fault, Source
from maturity.sources.kinds import COUNT, KEY
from surveys.sources.answers import EVERYBODY

SOURCE = Source(
    name="eligible",
    columns=(
        Column("round_key", KEY, key=True),
        Column("group_key", KEY, key=True, optional=True),
        Column("eligible", COUNT),
    ),
)


def read_eligible(stream: BinaryIO) -> dict[tuple[str, str], int]:
    """People by round and group; an empty group is everybody. A bad row makes a bad file."""
    faults: list[Fault] = []
    found = {
        (str(round_key), str(group or EVERYBODY)): int(str(eligible))
        for _line, round_key, group, eligible in CsvReader(SOURCE, stream, on_fault=faults.append)
    }
    if faults:
        fault = faults[0]
        raise BadFileError(
            f"eligible file, line {fault.line}, {fault.column or 'row'}: {fault.reason}"
        )
    return found

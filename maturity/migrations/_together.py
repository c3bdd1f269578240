"""Run many operations against one rendering of the models before them, and one after.

Django renders all related models anew after every operation, and nearly everything here is
related to an organisation: one by one, a fresh database takes minutes instead of seconds.
"""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

ADDITIONS = (AddConstraint, AddField, AddIndex, AddTrigger, CreateModel)


class Together(Operation):
    """The operations of a migration, in their order.

    None of them needs a state in between: what is removed or altered was there before all of them,
    what is added is there after all of them.
    """

    reduces_to_sql = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Without its models' classes; they are rendered once when next asked for.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self._in_database():
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self._in_database()):
            # What was added is known to the later state alone, whatever takes it away.
            known = from_state if isinstance(operation, ADDITIONS) else to_state
            operation.database_backwards(app_label, schema_editor, from_state, known)

    def _in_database(self) -> list[Operation]:
        """Without what a model that is created here has from its start."""
        created = {each.name_lower for each in self.operations if isinstance(each, CreateModel)}
        return [
            each
            for each in self.operations
            if not isinstance(each, AddField | AddIndex | AddConstraint)
            or each.model_name.lower() not in created
        ]

    def describe(self) -> str:
        return f"{len(self.operations)} changes together"

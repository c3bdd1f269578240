"""Give columns the names that readers see, without a statement or a rendering of the models."""

from collections.abc import Iterable

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class NameFields(Operation):
    """Many AlterField at once, where each would change nothing but a verbose_name.

    `names`: (model, field, verbose name). Django renders all related models anew after every
    AlterField, for names that the database does not know.
    """

    category = OperationCategory.ALTERATION
    reduces_to_sql = False

    def __init__(self, names: Iterable[tuple[str, str, str]]) -> None:
        self.names = tuple(names)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Rendered anew when next asked for.
        state.__dict__.pop("apps", None)
        for model, name, verbose_name in self.names:
            fields = state.models[app_label, model].fields
            _, _, args, kwargs = fields[name].deconstruct()
            fields[name] = type(fields[name])(*args, **(kwargs | {"verbose_name": verbose_name}))

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        pass

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Name {len(self.names)} fields"

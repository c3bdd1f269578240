"""What tells a page that was kept from one that is out of date."""

from django.db import models

# What no organisation owns, rubrics and question banks and names of accounts, is on everybody's.
SHARED = 0


class Revision(models.Model):
    """One transaction that changed what an organisation's pages show.

    Statement triggers (`revise_with()`, migration 0028) write the row, so that imports, bulk
    updates and raw SQL are in it; it becomes visible with what it is about, never before and
    never after. Every statement gives it another `token`. An organisation's rows are therefore
    others after each change, in whatever order transactions end; `selectors.revised()`
    reads them. Tables about who was asked and who answered write none.
    """

    pk = models.CompositePrimaryKey("organization_id", "transaction")
    organization_id = models.BigIntegerField()
    transaction = models.BigIntegerField()
    token = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.transaction}"

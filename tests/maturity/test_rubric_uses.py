"""What an organisation is measured by: rows of its own that no switch of the rubric takes away."""

from maturity.models import AreaUse, CapabilityUse, Organization, SyncChange
from maturity.rubrics import DEFAULT_PACK
from maturity.services.rubrics import publish_pack, retire_rubric
from tests.factories import CapabilityFactory, OrganizationFactory, ScoreFactory
from tests.packs import guild_pack


def used(organization: Organization) -> set[int]:
    """The rubrics that it is measured by, by the areas and by the capabilities alike."""
    rows = CapabilityUse.objects.filter(organization=organization)
    by_capability = set(rows.values_list("capability__rubric", flat=True))
    rows = AreaUse.objects.filter(organization=organization)
    assert set(rows.values_list("area__rubric", flat=True)) == by_capability
    return by_capability


def test_a_new_organisation_is_measured_by_the_pack_that_is_in_force(rubric):
    organization = OrganizationFactory()

    assert used(organization) == {rubric.pk}
    assert AreaUse.objects.filter(organization=organization).count() == 6
    assert CapabilityUse.objects.filter(organization=organization).count() == 18


def test_a_version_that_is_published_later_comes_to_those_who_use_its_pack(organization):
    other = OrganizationFactory(rubric_key="guild")
    guild = publish_pack(guild_pack())

    assert (used(organization), used(other)) == (set(), {guild.pk})
    assert DEFAULT_PACK != "guild"


def test_an_organisation_that_switches_keeps_what_it_was_measured_by(organization, rubric):
    guild = publish_pack(guild_pack())
    before = set(CapabilityUse.objects.values_list("pk", flat=True))

    Organization.objects.filter(pk=organization.pk).update(rubric_key="guild")

    assert used(organization) == {rubric.pk, guild.pk}
    Organization.objects.filter(pk=organization.pk).update(rubric_key="")
    assert used(organization) == {rubric.pk, guild.pk}
    assert before <= set(CapabilityUse.objects.values_list("pk", flat=True))


def test_a_newer_version_stands_beside_the_older_one(organization):
    Organization.objects.filter(pk=organization.pk).update(rubric_key="guild")
    first = publish_pack(guild_pack(version="1.2.0"))
    second = publish_pack(guild_pack(version="1.10.0"))
    # Published late, but not the one in force.
    publish_pack(guild_pack(version="1.9.0"))

    assert used(organization) == {first.pk, second.pk}


def test_what_a_score_is_about_is_in_use_whatever_pack_it_is_of(organization):
    capability = CapabilityFactory()
    beside = CapabilityFactory(area=capability.area)

    ScoreFactory(organization=organization, capability=capability)

    rows = CapabilityUse.objects.filter(organization=organization)
    assert set(rows.values_list("capability", flat=True)) == {capability.pk, beside.pk}


def test_every_use_is_published_once(organization, rubric):
    ScoreFactory(organization=organization, capability=rubric.capabilities.first())
    ScoreFactory(organization=organization, capability=rubric.capabilities.last())

    own = SyncChange.objects.filter(organization=organization)
    assert own.filter(entity="areas").count() == 6
    assert own.filter(entity="capabilities").count() == 18


def test_retiring_the_version_in_force_takes_nothing_away(organization):
    Organization.objects.filter(pk=organization.pk).update(rubric_key="guild")
    guild = publish_pack(guild_pack())

    retire_rubric(guild.key, guild.version)

    assert used(organization) == {guild.pk}

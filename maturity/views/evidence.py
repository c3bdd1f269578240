"""Files of the record, for members of their organisation alone."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from maturity.models import EvidenceFile, Organization


@require_safe
@login_required
def evidence_file(request: HttpRequest, slug: str, file_id: int) -> HttpResponse:
    """Hand out an upload: always saved to disk, never shown in the page; 404 for outsiders."""
    organization = get_object_or_404(Organization.objects.visible_to(request.user), slug=slug)
    file = get_object_or_404(EvidenceFile, organization=organization, pk=file_id)
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response

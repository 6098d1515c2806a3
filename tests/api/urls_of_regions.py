"""Those of one whose addresses name a tenant by two arguments, one of them an integer."""

from django.urls import include, path

urlpatterns = [
    path("<str:org>/", include([path("<int:number>/scim/v2/", include("django_scim.urls"))])),
]

"""Addresses of AWS's services."""

import os

DOMAINS = {
    "cn": "amazonaws.com.cn",
    "eu-isoe": "cloud.adc-e.uk",
    "eusc": "amazonaws.eu",
    "us-iso": "c2s.ic.gov",
    "us-isob": "sc2s.sgov.gov",
    "us-isof": "csp.hci.ic.gov",
}
"""Domain of each partition by the beginning of its Regions' names (AWS General Reference, "Service
endpoints")."""

DEFAULT_DOMAIN = "amazonaws.com"


def endpoint_url(service: str, region: str) -> str:
    """Return the URL of a service in a Region. AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL replace it."""
    override = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    if override:
        return override
    others = (domain for beginning, domain in DOMAINS.items() if region.startswith(f"{beginning}-"))
    return f"https://{service}.{region}.{next(others, DEFAULT_DOMAIN)}"

"""Join the catalogue's parts in the order in which they refer to each other."""

from tests.emulator.catalogue import COMPUTE, Case
from tests.emulator.catalogue_domains import DOMAINS
from tests.emulator.catalogue_edge import EDGE
from tests.emulator.catalogue_second import SECOND
from tests.emulator.catalogue_services import SERVICES
from tests.emulator.catalogue_site import SITE
from tests.emulator.catalogue_small import SMALL

PARTS: dict[str, dict[str, Case]] = {
    "compute": COMPUTE,
    "edge": EDGE,
    "site": SITE,
    "second": SECOND,
    "small": SMALL,
    "services": SERVICES,
    "domains": DOMAINS,
}
ALL: dict[str, Case] = COMPUTE | EDGE | SITE | SECOND | SMALL | SERVICES | DOMAINS

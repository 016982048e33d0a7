"""`python -m pulumi_local_aws.gateway`: the gateway alone."""

import sys

from pulumi_local_aws.gateway.cli import main

sys.exit(main(sys.argv[1:]))

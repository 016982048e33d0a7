"""`python -m pulumi_local_aws.provider`: what the `pulumi-resource-aws` launcher runs."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_local_aws.plugin_server import GRPC_OPTIONS, serve
from pulumi_local_aws.provider.server import AwsProvider

_WORKERS = 32


def main() -> None:
    """Serve the engine until it ends."""
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=GRPC_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    serve(server)


if __name__ == "__main__":
    main()

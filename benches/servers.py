"""The fast server that everything is measured against."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RUST = Path(__file__).parent / "rust"
RELEASE = RUST / "target" / "release"


@contextmanager
def serving() -> Iterator[str]:
    """Run a server; give its port."""
    with subprocess.Popen([RELEASE / "server"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()

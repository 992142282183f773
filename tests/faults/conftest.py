"""What goes wrong in a centre: power, memory, a line that drops. Real processes are killed."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest

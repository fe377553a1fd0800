"""What the C library does with freed memory."""

import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, resource, sys
from mmctsvg.utils.memory import keep_freed_memory
if "keep" in sys.argv:
    keep_freed_memory()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = c.malloc(2**26)
    c.memset(block, 1, 2**26)
    c.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than GNU's")
def test_freed_memory_serves_again():
    """The second block comes without a fault for each of its pages, as it has by default."""

    def faults(*args):
        run = [sys.executable, "-c", COUNT, *args]
        return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)

    assert faults("keep") < 100
    assert faults() > 1000  # or the measure shows nothing

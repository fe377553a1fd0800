"""Build MMCV 2.1.0 with its compiled ops and install it into the Python that runs this script.

MMCV is published as source only, and these things go wrong when pip builds it by itself:

* under build isolation ``setup.py`` finds neither torch nor ``pkg_resources``; pip then fails, or
  installs a wheel *without* ops and keeps it in its cache. So: no isolation, no cache, and
  ``import mmcv._ext`` must work at the end;
* a CPU build parses torch's headers once for each of its 77 files, some 18 minutes of work. Here
  the same files are included into five translation units, which takes about a minute;
* a CUDA build includes a header that torch has removed since, and stops on a machine with a GPU
  but without an ``nvcc`` of torch's CUDA version. Here a header takes the place of the removed one,
  and without a fitting ``nvcc`` a CPU build is made: mmctsvg then uses its own, native layers on
  the GPU.

Usage: python tools/build_mmcv.py [--force]
"""

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

VERSION = "2.1.0"

# Each group becomes one translation unit. What clashes by name inside a unit decides the grouping:
# functions of the same name in the align and nms families, and the macros `min` and `max` of
# psamask, which therefore comes last in its unit.
FIRST_CPU_UNIT = ("bezier_align", "box_iou_quadri", "box_iou_rotated", "psamask")
SECOND_CPU_UNIT = ("roi_align_rotated", "nms_quadri", "nms_rotated", "rotated_feature_align")

# The compiler of the largest unit (the bindings) needs 2.3 GB.
BYTES_PER_JOB = 2.3e9


class BuildError(Exception):
    """MMCV cannot be built here; the message is one sentence for the user."""


def installed_with_ops() -> bool:
    """Whether a new process of this Python can import MMCV with its compiled ops."""
    # files() is None for an installation that was cut off, which lacks its RECORD.
    check = (
        "import mmcv._ext; from importlib.metadata import files, version; "
        f"assert version('mmcv') == '{VERSION}' and files('mmcv')"
    )
    return subprocess.run([sys.executable, "-c", check], capture_output=True).returncode == 0


def cuda_compiler_fits() -> bool:
    """Whether torch finds a GPU (or FORCE_CUDA=1 is set) and ``nvcc`` has torch's CUDA version."""
    import torch
    from torch.utils import cpp_extension

    wanted = torch.cuda.is_available() or os.environ.get("FORCE_CUDA") == "1"
    if torch.version.cuda is None or not wanted or cpp_extension.CUDA_HOME is None:
        return False
    nvcc = Path(cpp_extension.CUDA_HOME) / "bin" / "nvcc"
    if not nvcc.is_file():
        return False
    said = subprocess.run([nvcc, "--version"], capture_output=True, text=True).stdout
    release = re.search(r"release (\d+)\.", said)
    return release is not None and release[1] == torch.version.cuda.split(".")[0]


def fetch_source(folder: Path) -> Path:
    """Download MMCV's source package with pip and unpack it.

    Args:
        folder: an existing, empty folder.

    Returns:
        The folder that holds ``setup.py``.

    Raises:
        BuildError: pip could not get the package.
    """
    pip = [sys.executable, "-m", "pip", "download", "--no-cache-dir", "--no-deps"]
    flags = ["--no-binary", "mmcv", "--no-build-isolation", "--dest", str(folder)]
    done = subprocess.run([*pip, *flags, f"mmcv=={VERSION}"], capture_output=True, text=True)
    archives = list(folder.glob("mmcv-*.tar.gz"))
    if done.returncode != 0 or not archives:
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        raise BuildError(
            f"pip could not download the source of mmcv=={VERSION}; "
            "check the network or the package index that pip is configured for, and run it again"
        )
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"mmcv-{VERSION}"


def restore_header(source: Path) -> None:
    """Put the header back that torch 2.13 no longer has; it did no more than include this one.

    Args:
        source: the unpacked source package; changed in place.
    """
    header = source / "mmcv" / "ops" / "csrc" / "common" / "cuda" / "THC" / "THCAtomics.cuh"
    header.parent.mkdir()
    header.write_text("#pragma once\n#include <ATen/cuda/Atomic.cuh>\n")


def merge_units(source: Path) -> int:
    """Replace the C++ files of a CPU build by five files that include them.

    Args:
        source: the unpacked source package; changed in place.

    Returns:
        The number of translation units.
    """
    csrc = source / "mmcv" / "ops" / "csrc" / "pytorch"
    # setup.py compiles every *.cpp of these two folders; `.inc` takes the originals out of its
    # sight.
    originals = []
    for path in sorted([*csrc.glob("*.cpp"), *csrc.glob("cpu/*.cpp")]):
        path.rename(path.with_suffix(".inc"))
        originals.append(path.relative_to(csrc).with_suffix(".inc").as_posix())

    first = [f"cpu/{name}.inc" for name in FIRST_CPU_UNIT]
    second = [f"cpu/{name}.inc" for name in SECOND_CPU_UNIT]
    bindings = ["pybind.inc"]
    taken = {*first, *second, *bindings}
    rest = [name for name in originals if name not in taken]
    # Compiled in the order of their names: the slowest first, so that two cores finish together.
    units = [
        bindings,
        [name for name in rest if name.startswith("cpu/")],
        [name for name in rest if not name.startswith("cpu/")],
        second,
        first,
    ]
    for number, files in enumerate(units):
        text = "".join(f'#include "{name}"\n' for name in files)
        (csrc / f"unit_{number}.cpp").write_text(text)
    return len(units)


def job_count(units: int | None) -> int:
    """How many compilers the cores and the memory allow; no more than ``units`` if it is known."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    jobs = min(cores or 1, units or 64)
    memory = Path("/proc/meminfo")
    if memory.exists():
        kilobytes = re.search(r"MemAvailable:\s*(\d+) kB", memory.read_text())
        jobs = min(jobs, int(float(kilobytes[1]) * 1024 / BYTES_PER_JOB))
    return max(1, jobs)


def build_and_install(source: Path, cuda: bool, units: int | None, log: Path) -> None:
    """Compile with pip and install, saying how far it is.

    Args:
        source: the unpacked source package.
        cuda: make the CUDA build.
        units: number of translation units of a CPU build.
        log: where everything that pip and the compilers print goes.

    Raises:
        BuildError: the build failed.
    """
    environment = {
        **os.environ,
        "MMCV_WITH_OPS": "1",
        "FORCE_CUDA": "1" if cuda else "0",
        "MAX_JOBS": os.environ.get("MAX_JOBS", str(job_count(units))),
        # ninja, which compiles in parallel, is installed beside this Python
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    if not cuda:
        # setup.py takes a visible GPU for a wish to build for it.
        environment["CUDA_VISIBLE_DEVICES"] = ""
        environment["CFLAGS"] = os.environ.get("CFLAGS", "") + " -g0 -O2 -w"
    pip = [sys.executable, "-m", "pip", "install", "--verbose", "--no-deps", "--no-cache-dir"]
    flags = ["--no-build-isolation", "--use-pep517", "--force-reinstall"]
    start = time.monotonic()
    with (
        log.open("w") as record,
        subprocess.Popen(
            [*pip, *flags, str(source)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout:
            record.write(line)
            step = re.match(r"\s*\[(\d+)/(\d+)\]", line)
            if step:
                seconds = time.monotonic() - start
                print(f"compiled {step[1]} of {step[2]} parts of mmcv, {seconds:.0f} s", flush=True)
    if process.returncode != 0:
        sys.stderr.write("".join(log.read_text().splitlines(keepends=True)[-25:]))
        raise BuildError(f"mmcv {VERSION} could not be compiled; the whole output is in {log}")


def main() -> None:
    """Build unless it is there already.

    Raises:
        BuildError: MMCV with ops could not be built.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="build even if mmcv works already")
    arguments = parser.parse_args()
    if not arguments.force and installed_with_ops():
        print(f"mmcv {VERSION} is there, with its ops")
        return

    start = time.monotonic()
    cuda = cuda_compiler_fits()
    print(f"building mmcv {VERSION} with its ops for {'CUDA' if cuda else 'CPU'}", flush=True)
    log = Path(tempfile.gettempdir()) / f"mmcv_build_{os.getpid()}.log"
    with tempfile.TemporaryDirectory(prefix="mmcv_build_") as folder:
        source = fetch_source(Path(folder))
        units = None
        if cuda:
            restore_header(source)
        else:
            units = merge_units(source)
        build_and_install(source, cuda, units, log)
    if not installed_with_ops():
        raise BuildError(f"mmcv was built, but `import mmcv._ext` fails; its build log is {log}")
    log.unlink()
    print(f"mmcv {VERSION} is installed with its ops after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

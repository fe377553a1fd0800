"""Packaging of mmctsvg.

torch, MMCV (which brings MMEngine) and MMagic are not among the requirements, because pip would
replace a torch that is there, build MMCV without its ops and install much that MMagic declares but
mmctsvg does not use. tools/setup_env.sh installs them as they are needed.
"""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def read_version() -> str:
    """Read the version without importing the package, which needs torch."""
    variables: dict[str, str] = {}
    exec((ROOT / "mmctsvg" / "version.py").read_text(), variables)
    return variables["__version__"]


def read_requirements(name: str) -> list[str]:
    """Read the packages named in ``requirements/NAME.txt``."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


setup(
    name="mmctsvg",
    version=read_version(),
    description="Video of a chosen actor doing a chosen action, with motion as a function of time",
    license="Apache-2.0",
    packages=find_packages(include=["mmctsvg", "mmctsvg.*"]),
    package_data={"mmctsvg": ["assets/*"]},
    python_requires=">=3.11",
    install_requires=read_requirements("runtime"),
    extras_require={
        "runtime": read_requirements("runtime"),
        "optional": read_requirements("optional"),
        "tests": read_requirements("tests"),
    },
)

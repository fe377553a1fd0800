"""Packaging of mmctsvg.

torch, MMCV (which brings MMEngine) and MMagic are not among the requirements, because pip would
replace a torch that is there, build MMCV without its ops and install much that MMagic declares but
mmctsvg does not use. tools/setup_env.sh installs them as they are needed.
"""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
#: What openmim looks for in the folder ``.mim`` of an installed package.
MIM = ("configs", "tools", "model-index.yml")


class BuildWithMim(build_py):
    """Builds the package, and copies configs, tools and model-index.yml into ``mmctsvg/.mim``."""

    def run(self) -> None:
        """Build; an editable installation has them in the checkout."""
        super().run()
        if self.editable_mode:
            return
        for source, target in self._mim_files():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Paths of all files that are built."""
        mim = [] if self.editable_mode else [str(target) for _, target in self._mim_files()]
        return [*super().get_outputs(include_bytecode), *mim]

    def _mim_files(self) -> list[tuple[Path, Path]]:
        folder = Path(self.build_lib) / "mmctsvg" / ".mim"
        found = [path for name in MIM for path in [ROOT / name, *sorted((ROOT / name).rglob("*"))]]
        return [
            (path, folder / path.relative_to(ROOT))
            for path in found
            if path.is_file() and "__pycache__" not in path.parts
        ]


def read_version() -> str:
    """Read the version without importing the package."""
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
    package_data={"mmctsvg": ["assets/*", "assets/web/*"]},
    entry_points={"console_scripts": ["mmctsvg=mmctsvg.cli.main:main"]},
    cmdclass={"build_py": BuildWithMim},
    python_requires=">=3.11",
    install_requires=read_requirements("runtime"),
    extras_require={
        "runtime": read_requirements("runtime"),
        "export": read_requirements("export"),
        "optional": read_requirements("optional"),
        "tests": read_requirements("tests"),
    },
)

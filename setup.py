"""Packaging of mmctsvg.

The wheel asks for what has wheels everywhere, so that no compiler is needed. MMagic, MMAction2 and
MMCV are not among its requirements: MMagic declares seventeen packages and needs none of them for
its registry, MMAction2 a second OpenCV, and MMCV is source that pip builds without its ops. Where
they are installed they are used. tools/setup_env.sh installs them all.
"""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
#: What openmim looks for in the folder ``.mim`` of an installed package.
MIM = ("configs", "tools", "model-index.yml")
#: What tools/setup_env.sh installs otherwise. mmengine-lite is mmengine without the OpenCV that
#: needs a screen's libraries; beside an mmengine of the same version it changes nothing.
CORE = ["torch>=2.6", "mmengine-lite>=0.10.7,<0.11"]
#: Extras, what commands need besides; each has its file in requirements/.
EXTRAS = ("baselines", "metrics", "actions", "export")


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
    install_requires=[*CORE, *read_requirements("runtime")],
    extras_require={
        **{name: read_requirements(name) for name in (*EXTRAS, "tests")},
        "all": sorted({line for name in EXTRAS for line in read_requirements(name)}),
    },
)

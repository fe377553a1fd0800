"""mmctsvg.registry: light to import, children of MMagic's registries, found by MMEngine."""

import subprocess
import sys

import mmengine.registry
import pytest
from mmengine.registry import DefaultScope, Registry

from mmctsvg import registry

try:
    import mmagic.registry as mmagic
except ImportError:
    mmagic = None

needs_mmagic = pytest.mark.skipif(mmagic is None, reason="MMagic is not installed")
REGISTRIES = {name: value for name, value in vars(registry).items() if isinstance(value, Registry)}


@needs_mmagic
@pytest.mark.parametrize("name", sorted(REGISTRIES))
def test_parents_are_mmagics(name):
    child = REGISTRIES[name]
    assert child.scope == "mmctsvg"
    assert child.parent is getattr(mmagic, name, None) or child.parent is getattr(
        mmengine.registry, name
    )
    if hasattr(mmagic, name):
        assert child.parent is getattr(mmagic, name)


@needs_mmagic
def test_no_registry_of_mmagic_is_missing():
    # MMEngine warns at every lookup in a tree that has no branch for the default scope.
    in_the_tree = {n for n in mmagic.__all__ if getattr(mmagic, n).parent}
    assert in_the_tree <= set(REGISTRIES)


def test_import_is_light():
    # torch is what any program of this kind has loaded; the rest must be quick.
    code = """if True:
        import sys, time
        import torch
        start = time.process_time()
        import mmctsvg.registry
        print(time.process_time() - start)
        heavy = {"mmagic.models", "diffusers", "transformers", "torchvision", "mmctsvg.models"}
        print(sorted(heavy & set(sys.modules)))
    """
    seconds, heavy = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert float(seconds) < 1
    assert heavy == "[]"


@pytest.mark.parametrize(
    "before",
    [
        "sys.modules['mmagic'] = None",
        "sys.modules['mmcv'] = None",
        "import mmcv; mmcv.__version__ = '2.2.0'",  # which MMagic 1.2.0 refuses
    ],
)
def test_without_mmagic_the_parents_are_mmengines(before):
    if before.startswith("import"):
        pytest.importorskip("mmagic")
    code = f"""if True:
        import sys
        {before}
        from mmctsvg import registry
        import mmengine.registry
        for kind, child in vars(registry).items():
            if isinstance(child, mmengine.registry.Registry):
                own = "EVALUATOR" if kind == "EVALUATORS" else kind
                assert child.parent is getattr(mmengine.registry, own), kind
        assert registry.MODELS.get("Time2Vec").__module__.startswith("mmctsvg")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = "MMagic is left aside: mmcv==2.2.0 is used but incompatible" in done.stderr
    assert said == before.startswith("import")


def test_components_are_found_without_custom_imports():
    assert registry.MODELS.get("CTSVG").__module__.startswith("mmctsvg.models")
    assert registry.DATASETS.get("SynthActorsDataset").__module__.startswith("mmctsvg.datasets")
    assert registry.DATA_SAMPLERS.get("CounterSampler").__module__.startswith("mmctsvg.datasets")


def test_mmengine_finds_them_through_the_default_scope():
    with DefaultScope.overwrite_default_scope("mmctsvg"):
        built = mmengine.registry.MODELS.build({"type": "Time2Vec", "dim": 4})
    assert type(built).__module__.startswith("mmctsvg.models")


def test_names_of_the_ancestors_are_found():
    assert registry.HOOKS.get("CheckpointHook").__module__.startswith("mmengine")
    assert registry.MODELS.get("no such model") is None


@needs_mmagic
def test_parts_of_mmengine_are_not_those_of_mmagic():
    """MMagic has a timer, a log processor and more under MMEngine's names; these are imported."""
    code = """if True:
        from mmctsvg import registry  # before torchvision, which it repairs
        import mmagic.engine, mmagic.visualization
        names = dict(
            HOOKS="IterTimerHook",
            LOG_PROCESSORS="LogProcessor",
            VISBACKENDS="WandbVisBackend",
            VISUALIZERS="Visualizer",
        )
        for name, part in names.items():
            both = (getattr(registry, name), getattr(registry, name).parent)
            print(*(children.get(part).__module__.split(".")[0] for children in both))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["mmengine mmagic"] * 4, done.stderr


@pytest.mark.slow
def test_models_of_mmagic_are_found_by_their_scope():
    for package in ("mmagic", "diffusers", "requests"):
        pytest.importorskip(package)
    code = """if True:
        from mmctsvg.registry import MODELS
        print(MODELS.get("mmagic.StyleGAN2Generator").__module__)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith("mmagic.models"), done.stderr

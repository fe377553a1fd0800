"""mmctsvg.utils.compat: each repair, in a process of its own where it changes the process."""

import io
import os
import pickle
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub

import mmctsvg.registry  # noqa: F401 (it makes the repairs)
from mmctsvg.utils import compat


def run_python(code: str, **environment: str) -> str:
    """What a new Python prints that runs ``code``; the test fails if it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"if True:{code}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def save_and_load(value: object) -> object:
    """``value`` through a file that is read with torch's protection on."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.slow
def test_torchvision_imports_and_computes():
    pytest.importorskip("torchvision")
    printed = run_python(
        """
        import mmctsvg.registry, torch, torchvision
        from mmctsvg.utils.compat import repair_torchvision
        assert not repair_torchvision()  # nothing is left to do
        flipped = torchvision.transforms.functional.hflip(torch.tensor([[[1.0, 2.0]]]))
        print(flipped.tolist(), torchvision.utils.make_grid(torch.zeros(4, 3, 2, 2)).shape[0])
        """
    )
    assert printed == "[[[2.0, 1.0]]] 3"


def test_torchvision_is_left_alone_when_its_library_loads(monkeypatch):
    pytest.importorskip("torchvision")
    monkeypatch.setattr(compat, "_torchvision_library", None)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(torch.ops, "load_library", lambda path: None)
    assert not compat.repair_torchvision()
    assert compat._torchvision_library is None


def test_history_survives_a_checkpoint():
    buffer = HistoryBuffer([1.5, 2.5, 5.0], [1, 1, 2], max_length=7)
    loaded = save_and_load({"loss": buffer})["loss"]
    assert isinstance(loaded, HistoryBuffer)
    assert loaded.max_length == 7
    np.testing.assert_array_equal(loaded.data[0], [1.5, 2.5, 5.0])
    np.testing.assert_array_equal(loaded.data[1], [1, 1, 2])
    assert loaded.statistics("mean") == pytest.approx((1.5 + 2.5 + 5.0) / 4)
    loaded.update(4.0)
    assert loaded.current() == 4.0
    assert buffer.current() == 5.0


def test_history_of_an_unrepaired_checkpoint_is_understood():
    state = {
        "max_length": 3,
        "_log_history": np.array([1.0]),
        "_count_history": np.array([1]),
        "statistics_methods": {"min": HistoryBuffer.min},
    }
    buffer = HistoryBuffer.__new__(HistoryBuffer)
    buffer.__setstate__(state)
    assert buffer.max_length == 3
    assert buffer.current() == 1.0


def test_message_hub_writes_python_numbers():
    hub = MessageHub.get_instance("test_message_hub_writes_python_numbers")
    hub.update_info("eta", np.float64(2.5))
    hub.update_scalar("train/loss", 0.5)
    loaded = save_and_load(hub.state_dict())
    assert type(loaded["runtime_info"]["eta"]) is float
    assert loaded["log_scalars"]["train/loss"].current() == 0.5
    assert hub.get_info("eta") == 2.5


def test_repairing_twice_changes_nothing():
    before = MessageHub.state_dict
    compat.repair()
    assert MessageHub.state_dict is before


@pytest.mark.slow
def test_checkpoint_of_a_real_runner_is_read_by_weights_only(tmp_path):
    run_python(
        """
        import sys
        import mmctsvg.registry, torch
        from mmengine.model import BaseModel
        from mmengine.runner import Runner

        class Model(BaseModel):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)
            def forward(self, batch, mode):
                return {"loss": self.layer(torch.ones(1, 1)).sum()}

        def runner(resume):
            return Runner(
                Model(), work_dir=sys.argv[1], resume=resume, experiment_name=f"run{resume}",
                train_dataloader={"batch_size": 1, "dataset": [0] * 8,
                                  "sampler": {"type": "DefaultSampler", "shuffle": False}},
                train_cfg={"by_epoch": False, "max_iters": 4 if resume else 2},
                optim_wrapper={"optimizer": {"type": "Adam", "lr": 0.1}},
                default_hooks={"checkpoint": {"type": "CheckpointHook", "interval": 2,
                                              "by_epoch": False}},
            )

        runner(False).train()
        file = f"{sys.argv[1]}/iter_2.pth"
        assert torch.load(file, weights_only=True)["message_hub"]["runtime_info"]["iter"] == 1
        # The class HistoryBuffer is accepted, and nothing else is needed.
        assert not torch.serialization.get_unsafe_globals_in_checkpoint(file)
        again = runner(True)
        again.train()
        assert again.iter == 4
        """.replace("sys.argv[1]", repr(str(tmp_path)))
    )


def test_foreign_code_is_still_refused(tmp_path):
    trap = tmp_path / "ran"

    class Malicious:
        def __reduce__(self):
            return os.mkdir, (str(trap),)

    with pytest.raises(pickle.UnpicklingError):
        save_and_load({"state_dict": Malicious()})
    assert not trap.exists()


def test_no_process_group_outside_of_torchrun(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert not compat.init_process_group_cpu()
    assert not torch.distributed.is_initialized()


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU MMEngine's own start serves")
def test_two_processes_join_on_cpu():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    code = """if True:
        import torch
        from mmctsvg.utils.compat import init_process_group_cpu
        assert init_process_group_cpu()
        assert not init_process_group_cpu()
        import mmengine.dist
        value = torch.tensor([mmengine.dist.get_rank() + 1.0])
        mmengine.dist.all_reduce(value)
        print(value.item())
        torch.distributed.destroy_process_group()
    """
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **address, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in processes] == ["3.0", "3.0"]


@pytest.mark.slow
def test_mmaction_models_import():
    pytest.importorskip("mmaction")
    pytest.importorskip("importlib_metadata")
    pytest.importorskip("timm")
    printed = run_python(
        """
        from mmctsvg.utils.compat import repair_mmaction
        assert repair_mmaction()
        assert not repair_mmaction()
        from mmaction.models.localizers import DRN
        try:
            DRN()
        except ImportError as error:
            print(error)
        """
    )
    assert printed == "mmaction2 1.2.0 was published without DRN; install it from source"


def test_a_stand_in_for_pkg_resources():
    """As MMEngine uses it, where setuptools has none; a real one wins."""
    printed = run_python(
        """
        import sys
        from importlib.machinery import PathFinder
        from mmctsvg.utils import compat
        compat.repair_pkg_resources(); compat.repair_pkg_resources()
        assert sys.meta_path.count(compat._LastFinder) == 1
        if PathFinder.find_spec("pkg_resources"):
            import pkg_resources
            assert "mmctsvg" not in pkg_resources.__file__
            del sys.modules["pkg_resources"]

        class Without(PathFinder):  # setuptools that has none
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name != "pkg_resources":
                    return PathFinder.find_spec(name, path, target)

        sys.meta_path[sys.meta_path.index(PathFinder)] = Without
        from mmengine.utils import get_installed_path, is_installed
        assert is_installed("numpy") and is_installed("json") and not is_installed("no_such_thing")
        import numpy, pkg_resources
        assert get_installed_path("numpy") == numpy.__path__[0]
        assert pkg_resources.get_distribution("NumPy").version == numpy.__version__
        assert pkg_resources.parse_version("1.10") > pkg_resources.parse_version("1.9")
        print(pkg_resources.resource_filename("mmctsvg", "version.py"))
        """
    )
    assert printed == os.path.join(os.path.dirname(mmctsvg.__file__), "version.py")


def test_find_loader_of_older_pythons():
    run_python(
        """
        import pkgutil
        vars(pkgutil).pop("find_loader", None)
        import mmctsvg.registry
        assert pkgutil.find_loader("json").name == "json"
        assert pkgutil.find_loader("no_such_thing") is None
        """
    )


def test_names_that_numpy_2_dropped():
    run_python(
        """
        import numpy as np
        for name in ("bool8", "Inf", "NAN", "in1d", "trapz"):
            vars(np).pop(name, None)
        from mmctsvg.utils.compat import repair_numpy
        repair_numpy()
        assert np.Inf == np.inf and np.isnan(np.NAN) and np.bool8 is np.bool_
        assert np.in1d([1, 5], [5]).tolist() == [False, True]
        """
    )

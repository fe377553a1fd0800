"""A trained action recogniser of MMAction2, in one file with its card."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmctsvg.utils.compat import repair_mmaction
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle, write_pickle

from ..poses import Poses
from ..weights import describe_file

FORMAT = 1
_ENTRIES = {
    **dict.fromkeys(("model", "held_out", "skeletons"), dict),
    **dict.fromkeys(("test_pipeline", "actions", "train_clips"), list),
    "window": int,
}


@contextmanager
def mmaction_scope() -> Iterator[None]:
    """Search names in MMAction2's registries first, while its components are built.

    The scope that holds outside, such as ``mmctsvg`` during a training, is restored.

    Raises:
        UserError: If MMAction2 or a package that it needs is missing.
    """
    from mmengine.registry import DefaultScope

    repair_mmaction()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that timm will move
            import mmaction.datasets
            import mmaction.models  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"{error.name} is missing, which action recognition needs; install it by "
            "`pip install 'mmctsvg[actions]'` and `pip install --no-deps mmaction2==1.2.0`, and "
            "if it is mmcv, by `pip install --no-deps mmcv-lite==2.1.0`"
        ) from error
    with DefaultScope.overwrite_default_scope("mmaction"):
        yield


class Recognizer:
    """A classifier of actions from skeletons.

    Attributes:
        actions: Names of the classes.
        window: Number of frames of the clips on which the held-out accuracy was measured.
        train_clips: Names of the clips that it was trained on.
        held_out: Accuracy on real clips that it was not trained on (`mmctsvg.engine.recognition`).
        skeletons: Protocol of the skeletons that it was trained on (`PoseSource`).
        weights: Description of the file for evaluation cards.

    Args:
        path: Path of a file of `save_recognizer`.
        device: Device of the network; None for the GPU if there is one.

    Raises:
        UserError: If the file is missing, damaged, or of another kind, or MMAction2 is missing.
    """

    def __init__(self, path: str | Path, device: str | torch.device | None = None) -> None:
        path = Path(path)
        card, weights = _read(path)
        self.actions: list[str] = card["actions"]
        self.window: int = card["window"]
        self.train_clips: list[str] = card["train_clips"]
        self.held_out: dict[str, Any] = card["held_out"]
        self.skeletons: dict[str, Any] = card["skeletons"]
        self.weights = describe_file(path)
        if device is None:
            device = "cuda" if torch.cuda.is_available() else "cpu"
        with mmaction_scope():
            from mmaction.registry import MODELS
            from mmengine.dataset import Compose

            try:
                self._model = MODELS.build(card["model"])
                self._pipeline = Compose(card["test_pipeline"])
                self._model.load_state_dict(weights)
            except (AssertionError, KeyError, RuntimeError, TypeError, ValueError) as error:
                text = " ".join(str(error).split())[:200]
                raise UserError(f"{path}: its card does not fit its weights: {text}") from error
        self._model.to(device).eval()
        first = next(part for part in self._model.modules() if isinstance(part, torch.nn.Conv3d))
        self._channels = first.in_channels

    @torch.no_grad()
    def scores(self, poses: Poses) -> np.ndarray:
        """Compute the probabilities of the actions.

        Args:
            poses: Skeletons of one clip of any length.

        Returns:
            Probabilities, float64 (classes,), 0 to 1.

        Raises:
            UserError: If the skeletons have more or fewer key points than those of the training.
        """
        from mmengine.dataset import pseudo_collate

        annotation = poses.annotation("", -1, start_index=0, modality="Pose")
        # PoseCompact writes into what it gets.
        annotation["keypoint"] = poses.keypoint.copy()
        # MMAction2 seeds numpy's global generator when it samples frames for a test.
        state = np.random.get_state()
        try:
            sample = self._pipeline(annotation)
        finally:
            np.random.set_state(state)
        given, needed = sample["inputs"].shape[-4], self._channels
        if given != needed:
            raise UserError(
                f"the skeletons have {given} key points, those of the recogniser's training had "
                f"{needed}: give pose as its source, {self.skeletons.get('name', 'unknown')}"
            )
        (result,) = self._model.test_step(pseudo_collate([sample]))
        return result.pred_score.double().cpu().numpy()


def save_recognizer(
    path: str | Path, card: Mapping[str, Any], weights: Mapping[str, torch.Tensor]
) -> None:
    """Write a recogniser as one file.

    Args:
        path: Path of the file.
        card: Plain data: ``model`` and ``test_pipeline`` (configs of MMAction2), and the attributes
            of :class:`Recognizer`.
        weights: State of the model.
    """
    write_pickle(path, {"recognizer": {"format": FORMAT, **card}, "state_dict": dict(weights)})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    if not path.is_file():
        raise UserError(
            f"{path}: there is no such recogniser; train one, see mmctsvg.engine.recognition"
        )
    content = read_pickle(path, "train it again")
    card = content.get("recognizer") if isinstance(content, dict) else None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise UserError(f"{path}: is no recogniser of this version of mmctsvg; train it again")
    weights = content.get("state_dict")
    if not isinstance(weights, dict):
        raise UserError(f"{path}: has no weights 'state_dict'; train it again")
    for name, kind in _ENTRIES.items():
        if not isinstance(card.get(name), kind):
            raise UserError(f"{path}: its card has no usable {name!r}: {card.get(name)!r}")
    if _names_python(card["model"]) or _names_python(card["test_pipeline"]):
        raise UserError(f"{path}: its card names Python functions instead of components")
    return card, weights


def _names_python(config: Any) -> bool:
    """Whether a config has a type like ``os.system``, which MMEngine would import and call."""
    if isinstance(config, dict):
        kind = config.get("type", "")
        if not isinstance(kind, str) or "." in kind:
            return True
        return any(map(_names_python, config.values()))
    return isinstance(config, list | tuple) and any(map(_names_python, config))

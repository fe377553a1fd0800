"""Gives MoCoGAN-HD the image generator that its first stage has trained."""

from pathlib import Path

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmctsvg.checkpoints import load_generator
from mmctsvg.registry import HOOKS
from mmctsvg.utils.errors import UserError

from ..generator_meta import bare_model


@HOOKS.register_module()
class ImageGeneratorHook(Hook):
    """Load the image generator before the first iteration; stage 2 follows at once.

    A resumed training has it in its checkpoint and does not need the file any more.

    Args:
        path: ``generator.safetensors`` or checkpoint ``iter_N.pth`` of stage 1.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def before_train(self, runner: Runner) -> None:
        """Load it.

        Raises:
            UserError: If the file is missing, or its generator is not the one of the config.
        """
        model = bare_model(runner)
        if model.iteration:
            return
        if not self.path.exists():
            raise UserError(
                f"{self.path} is missing, the image generator that MoCoGAN-HD walks through; train "
                "stage 1 first, or name its file in default_hooks.image_generator.path"
            )
        images, _ = load_generator(self.path)
        runner.logger.info(f"Image generator of {self.path}: looking for its main directions.")
        model.walk_through(images)

"""Metrics of videos during the training."""

from typing import Any

from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from mmctsvg.apis.opening import wrap_generator
from mmctsvg.evaluation.run import GeneratorSubject, build_metrics, evaluate
from mmctsvg.registry import LOOPS

from .generator_meta import bare_model, generator_meta


@LOOPS.register_module(name=["VideoValLoop", "FilmValLoop"])  # the second: older configs
class VideoValLoop(BaseLoop):
    """Loop that measures the averaged generator; the numbers go to the log and to TensorBoard.

    Nothing is chosen by them: every checkpoint is kept as the checkpoint hook says.

    Args:
        runner: Runner of the training.
        dataloader: Data loader of the held-out clips.
        evaluator: Configs of metrics of `mmctsvg.evaluation.metrics`.
    """

    def __init__(
        self, runner: Runner, dataloader: DataLoader | dict, evaluator: dict | list[dict]
    ) -> None:
        super().__init__(runner, dataloader)
        configs = [evaluator] if isinstance(evaluator, dict) else list(evaluator)
        device = str(next(runner.model.parameters()).device)
        self.metrics = build_metrics(configs, device=device)

    def run(self) -> dict[str, Any]:
        """Measure once; all ranks share the work."""
        runner = self.runner
        runner.call_hook("before_val")
        runner.call_hook("before_val_epoch")
        inferencer = wrap_generator(bare_model(runner).generator_ema, generator_meta(runner))
        subject = GeneratorSubject(
            inferencer, runner.train_dataloader.dataset, self.dataloader.dataset
        )
        results = evaluate(self.metrics, subject)
        numbers = {f"{r.name}/{key}": value for r in results for key, value in r.numbers.items()}
        for note in (note for result in results for note in result.notes):
            runner.logger.info(note)
        if numbers:  # else MMEngine warns that nothing was measured
            runner.call_hook("after_val_epoch", metrics=numbers)
        runner.call_hook("after_val")
        return numbers

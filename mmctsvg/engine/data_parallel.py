"""Training on several processes."""

import torch
from mmengine.dist import broadcast
from torch import nn

from mmctsvg.registry import MODEL_WRAPPERS


@MODEL_WRAPPERS.register_module()
class GANDataParallel(nn.Module):
    """Replicas of a GAN that start equal and stay equal.

    A `VideoGAN` averages each network's gradients itself, once per optimiser step, after all of its
    backward passes. PyTorch's DistributedDataParallel hooks into single backward passes and
    expects every parameter to take part, which does not fit penalties on gradients.

    Args:
        module: Algorithm of every process.
    """

    def __init__(self, module: nn.Module, **unused):
        super().__init__()
        self.module = module
        with torch.no_grad():
            for tensor in module.state_dict().values():
                broadcast(tensor)

    def train_step(self, *args, **kwargs):
        """Run `VideoGAN.train_step`."""
        return self.module.train_step(*args, **kwargs)

    def val_step(self, *args, **kwargs):
        """Run `VideoGAN.val_step`."""
        return self.module.val_step(*args, **kwargs)

    def test_step(self, *args, **kwargs):
        """Run `VideoGAN.test_step`."""
        return self.module.test_step(*args, **kwargs)

    def forward(self, *args, **kwargs):
        """Run `VideoGAN.forward`."""
        return self.module(*args, **kwargs)

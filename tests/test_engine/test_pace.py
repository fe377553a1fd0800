"""The pace of a training, by clocks of the tests' own."""

import socket

import pytest
import torch.distributed as dist
import torch.multiprocessing as mp

from mmctsvg.engine.pace import kinds_of_iterations, mean_seconds


class Machine:
    """A clock, and iterations that take their time by it: three kinds, the first runs slower."""

    SECONDS = {1: 2.0, 4: 3.0, 16: 7.0}
    KINDS = [(1, 12 / 16), (4, 3 / 16), (16, 1 / 16)]

    def __init__(self, slower: float = 1.0):
        self.now, self.slower, self.done = 1000.0, slower, []

    def clock(self) -> float:
        return self.now

    def step(self, iteration: int) -> None:
        first = iteration not in self.done
        self.done.append(iteration)
        self.now += self.SECONDS[iteration] * self.slower + (100 if first else 0)


def test_shares_of_iterations_are_exact():
    """Over 16 iterations: 12 plain ones, 3 with path length, 1 with both."""

    class Model:
        regularisation_intervals = dict(generator=4, time_discriminator=16, shuffle=16)

    kinds = dict(kinds_of_iterations(Model))
    assert {i: share * 16 for i, share in kinds.items()} == {1: 12, 4: 3, 16: 1}
    Model.regularisation_intervals = dict(generator=4, time_discriminator=0)
    assert dict(kinds_of_iterations(Model)) == {1: 3 / 4, 4: 1 / 4}
    Model.regularisation_intervals = dict(generator=0, time_discriminator=0)
    assert dict(kinds_of_iterations(Model)) == {1: 1}


@pytest.mark.parametrize(("limit", "rounds"), [(0, 1), (12, 1), (13, 2), (50, 5)])
def test_kinds_count_by_their_share_and_the_first_of_each_not(limit, rounds):
    machine = Machine()
    pace = mean_seconds(machine.step, machine.KINDS, limit, machine.clock)
    assert pace == pytest.approx((12 * 2 + 3 * 3 + 7) / 16)
    assert machine.done == [1, 4, 16] * (rounds + 1)


def worker(rank, port, results):
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    machine = Machine(slower=1 + rank)
    pace = mean_seconds(machine.step, machine.KINDS, 20, machine.clock)
    results.put((rank, pace, len(machine.done)))
    dist.destroy_process_group()


@pytest.mark.slow
def test_processes_agree():
    """The second one is twice as slow by its own clock, and would do one round less."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    results = mp.get_context("spawn").SimpleQueue()
    mp.spawn(worker, (port, results), nprocs=2)
    both = sorted(results.get() for _ in range(2))
    assert both == [(rank, pytest.approx(2.5), 9) for rank in range(2)]

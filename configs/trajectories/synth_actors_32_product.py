# What holds motion back (docs/lab/trajectories.md): the paper's m * v(t), 64 takes of every action.
_base_ = "../ablations/synth_actors_32_narrow.py"
model = dict(generator=dict(motion_dim=128))
train_dataloader = dict(batch_size=4, dataset=dict(num_takes=64, length=48))
train_cfg = dict(max_iters=2500, val_interval=2500)

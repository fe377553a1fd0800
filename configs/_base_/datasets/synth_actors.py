_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="SynthActorsDataset"), num_workers=0, persistent_workers=False
)
# What tools/test.py measures.
metrics = [dict(type="SynthTruth")]

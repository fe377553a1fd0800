_base_ = "../schedule_120k.py"
train_dataloader = dict(dataset=dict(type="GRIDDataset", annotations="data/grid/annotations.csv"))
# What tools/test.py measures.
metrics = [
    dict(type="FVD", frames=16),
    dict(type="FVD", frames=64),
    dict(type="LiASync"),
    dict(type="FaceIdentity"),
]

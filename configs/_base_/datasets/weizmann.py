_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(
        type="WeizmannDataset", annotations="data/weizmann64/annotations.csv", cache="memory"
    )
)
# What tools/test.py measures; the recogniser comes from tools/train_recognizer.py.
metrics = [
    dict(type="FVD", frames=16, starts="all"),
    dict(type="ActionAccuracy", recognizer="work_dirs/posec3d_weizmann/posec3d_weizmann.pth"),
]

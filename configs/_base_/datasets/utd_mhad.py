_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="UTDMHADDataset", annotations="data/utd_mhad/annotations.csv", crop="center")
)
# What tools/test.py measures; the recogniser comes from tools/train_recognizer.py. The paper's own
# recognises 77 % of the real test clips.
metrics = [
    dict(type="FVD", frames=16),
    dict(
        type="ActionAccuracy",
        recognizer="work_dirs/posec3d_utd_mhad/posec3d_utd_mhad.pth",
        min_real_accuracy=75.0,
    ),
]

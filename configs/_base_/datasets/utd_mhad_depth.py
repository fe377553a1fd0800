_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="UTDMHADDataset", annotations="data/utd_mhad_depth/annotations.csv")
)
# What tools/test.py measures; the skeletons come from tools/train_pose.py, the recogniser from
# tools/train_recognizer.py. The paper's own recognises 77 % of the real test clips.
metrics = [
    dict(type="FVD", frames=16),
    dict(
        type="ActionAccuracy",
        recognizer="work_dirs/posec3d_utd_mhad_depth/posec3d_utd_mhad_depth.pth",
        pose="work_dirs/pose_utd_mhad_depth/pose_utd_mhad_depth.pth",
        min_real_accuracy=75.0,
    ),
]

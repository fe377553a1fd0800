_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(
        type="WeizmannDataset", annotations="data/weizmann64/annotations.csv", cache="memory"
    )
)

import json

import cv2
import numpy as np

from mmctsvg.visualization.curves import group_curves, plot_curves, read_scalars, smooth


def write_log(folder, records, end=""):
    path = folder / "vis_data" / "scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + end)


def test_a_resumed_run_goes_on_where_its_checkpoint_was(tmp_path):
    first = [{"step": s, "loss_generator": float(s), "lr": 0.1} for s in (10, 20, 30, 40)]
    second = [{"step": s, "loss_generator": -float(s)} for s in (30, 40, 50)]
    write_log(tmp_path / "20240101_000000", first, end='{"step": 50, "loss_ge')
    write_log(tmp_path / "20240102_000000", second)
    write_log(tmp_path / "20240103_000000", [])
    curves = read_scalars(tmp_path)
    steps, values = curves["loss_generator"]
    assert steps.tolist() == [10, 20, 30, 40, 50]
    assert values.tolist() == [10, 20, -30, -40, -50]
    assert curves["lr"][0].tolist() == [10, 20]


def test_values_that_are_no_numbers_are_left_out(tmp_path):
    write_log(tmp_path / "run", [{"step": 1, "a": "text", "b": 2, "c": True, "d": float("nan")}])
    assert set(read_scalars(tmp_path)) == {"step", "b", "d"}


def test_groups():
    names = ["loss_generator", "loss_time_discriminator", "r1_time_discriminator", "path_length"]
    names += ["d_s_shuffled", "d_s_fake", "d_s_real", "motion_fake", "motion_real"]
    groups = group_curves([*names, "generator.lr", "time", "memory", "frames_per_second"])
    assert groups == {
        "losses": ["loss_generator", "loss_time_discriminator"],
        "r1_time_discriminator": ["r1_time_discriminator"],
        "path_length": ["path_length"],
        "d_s: real and fake": ["d_s_real", "d_s_fake", "d_s_shuffled"],
        "motion: real and fake": ["motion_real", "motion_fake"],
    }


def test_smooth_is_a_running_mean():
    values = np.random.default_rng(0).normal(size=20)
    for window in (1, 5, 50):
        half = window // 2
        expected = [values[max(0, i - half) : i + half + 1].mean() for i in range(20)]
        np.testing.assert_allclose(smooth(values, window), expected)


def test_plot(tmp_path):
    steps = np.arange(1, 101)
    values = np.where(steps == 50, np.nan, np.sqrt(steps))
    names = ["loss_generator", "d_t_real", "d_t_fake", "motion_real", "motion_fake"]
    plot_curves(tmp_path / "c.png", {name: (steps, values) for name in names}, "title")
    assert cv2.imread(str(tmp_path / "c.png")).std() > 5
    plot_curves(tmp_path / "empty.png", {})
    assert cv2.imread(str(tmp_path / "empty.png")) is not None

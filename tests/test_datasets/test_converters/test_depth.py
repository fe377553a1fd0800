"""mmctsvg.datasets.converters.depth: MATLAB files of millimetres become grey clips."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from scipy.io import savemat

from mmctsvg.datasets import UTDMHADDataset
from mmctsvg.datasets.converters import RawFile, Settings, convert, list_raw_files, utd_mhad
from mmctsvg.datasets.converters.depth import draw_depth, read_depth
from mmctsvg.datasets.converters.report import write_report
from mmctsvg.datasets.readers import BrokenClipError
from mmctsvg.utils.errors import UserError

from .conftest import resize

REAL = Path(__file__).resolve().parents[3].parent / "shared/data/utd_mhad_depth"


def person(length=4):
    """Somebody at about 2.8 m who moves sideways: uint16 (240, 320, T), 0 behind."""
    depth = np.zeros((240, 320, length), np.uint16)
    rows = np.arange(60, 220)[:, None]
    for frame in range(length):
        depth[60:220, 120 + 10 * frame : 160 + 10 * frame, frame] = 2600 + 3 * (rows - 60)
    return depth


def write(path, **arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, arrays)
    return RawFile(name=path.name, path=path)


def test_grey_values():
    """By hand: 165 grey values over 1.7 m."""
    depth = np.array([0, 500, 2000, 2850, 3700, 6000], np.uint16)
    assert draw_depth(depth).tolist() == [0, 255, 255, 172, 90, 90]  # 172.5 to even
    assert draw_depth(depth).dtype == np.uint8


def test_frames_come_first(tmp_path):
    depth = read_depth(write(tmp_path / "a1_s1_t1_depth.mat", d_depth=person()))
    assert depth.shape == (4, 240, 320) and depth.dtype == np.uint16
    np.testing.assert_array_equal(depth[2], person()[..., 2])


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        (dict(d_skel=np.ones((20, 3, 4))), "has no array d_depth, but d_skel"),
        (dict(d_depth=person() / 1000.0), "has d_depth as float64, not as whole millimetres"),
        (dict(d_depth=person() // 10), "with a median of 283.5, not 500 to 8000: those are no"),
        (dict(d_depth=person()[..., 0]), "has d_depth of 240 x 320, not 240 x 320 x frames"),
        (dict(d_depth=person().transpose(1, 0, 2)), "has d_depth of 320 x 240 x 4, not 240"),
        (dict(d_depth=person() * 0), "shows nobody: d_depth is 0 throughout"),
    ],
)
def test_other_keys_and_units(tmp_path, arrays, text):
    with pytest.raises(BrokenClipError, match=text):
        read_depth(write(tmp_path / "a.mat", **arrays))


def test_damaged_files(tmp_path):
    whole = write(tmp_path / "a.mat", d_depth=person()).path.read_bytes()
    for name, content in {"cut": whole[:5000], "text": b"depth", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BrokenClipError, match="is no whole MATLAB file of version 5"):
            read_depth(RawFile(name=name, path=tmp_path / name))


def test_conversion(tmp_path):
    """The middle window, averaged over areas; bad files are named, and the list has the split."""
    for action, subject in ((1, 2), (1, 3), (2, 2)):
        folder = tmp_path / "UTD/Depth"
        write(folder / f"a{action}_s{subject}_t1_depth.mat", d_depth=person(30 + action))
    write(folder / "a5_s1_t1_depth.mat", depth=person())
    (folder / "a1_s2_t1_color.avi").touch()
    files = list_raw_files(tmp_path / "UTD", utd_mhad.ENDINGS)
    clips = utd_mhad.find_clips(tmp_path / "UTD", files, modality="depth")
    out = tmp_path / "out"
    settings = Settings(size=64, crop="center", format="png")
    conversion = convert(clips, out, settings, 1, "utd_mhad depth")
    write_report(clips, conversion, out, tmp_path, {})
    assert conversion.errors == {"a5_s1_t1": "has no array d_depth, but depth"}
    assert list(clips.skipped.values()) == ["shows the modality color"]
    data = UTDMHADDataset(annotations=str(out / "annotations.csv"), size=64, split="all")
    test = UTDMHADDataset(annotations=str(out / "annotations.csv"), size=64, split="test")
    assert len(data) == 3 and len(test) == 1 and data.metainfo["fps"] == 30
    assert data.annotations[0].length == 31
    grey = np.stack([draw_depth(person(31)[:, 40:280, n]) for n in (0, 30)])
    expected = resize(np.repeat(grey[..., None], 3, -1), 64)
    np.testing.assert_allclose(data.read_frames(0, np.array([0, 30])), expected, atol=0.51)
    fps = convert(clips, tmp_path / "slow", Settings(size=16, crop="center", fps=15.0), 1, "x")
    assert len(fps.done["a1_s2_t1"]["sizes"]) == 16 and fps.done["a1_s2_t1"]["raw_fps"] == 30


def test_modalities_are_not_mixed():
    names = [f"UTD/a1_s{n}_t1_{kind}" for n in (1, 2) for kind in ("color.avi", "depth.mat")]
    files = [RawFile(name=name, path=Path(name)) for name in names]
    assert [c.file.name[-4:] for c in utd_mhad.find_clips(Path("UTD"), files).clips] == [".avi"] * 2
    found = utd_mhad.find_clips(Path("UTD"), files, modality="depth")
    assert [c.file.name[-4:] for c in found.clips] == [".mat"] * 2
    with pytest.raises(UserError, match="1 x shows the modality depth; modality='depth' takes"):
        utd_mhad.find_clips(Path("UTD"), files[1:2])


@pytest.mark.skipif(not REAL.is_dir(), reason="no depth clips of UTD-MHAD in shared/data")
def test_the_drawn_videos_hold_the_same():
    """Their luma is our grey value, but for H.264's noise; the range is not marked as full."""
    depth = read_depth(RawFile(name="a", path=REAL / "Depth/a22_s5_t1_depth.mat"))[:, :, 40:280]
    with av.open(str(REAL / "video/a22_s5_t1_depth.mp4")) as video:
        luma = np.stack([frame.to_ndarray()[:128] for frame in video.decode(video=0)])
    assert len(luma) == len(depth)
    drawn = [cv2.resize(f, (128, 128), interpolation=cv2.INTER_AREA) for f in draw_depth(depth)]
    away = np.abs(np.stack(drawn).astype(float) - luma)
    assert away.mean() < 0.25 and away[np.stack(drawn) > 90].mean() < 1.5

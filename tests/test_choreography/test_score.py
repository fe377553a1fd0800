import pytest
from matplotlib.colors import to_hex

from mmctsvg.choreography import prepare, read_script, score
from mmctsvg.motion import save_motion


@pytest.fixture
def draw(inferencer, write, tmp_path, monkeypatch):
    """Returns a function from a script to the two panels of its score."""
    drawn = []

    def keep(path, figure):
        figure.canvas.draw()
        drawn.append(figure)

    monkeypatch.setattr(score, "write_figure", keep)

    def draw(text):
        score.draw_score(prepare(inferencer, read_script(write(text))), tmp_path / "score.png")
        return drawn[-1].axes

    return draw


def test_labels_are_whole_names(draw, inferencer, tmp_path):
    inferencer.actors = ("Dr. A", "bob")
    save_motion(tmp_path / "inversion" / "motion.safetensors", inferencer.find_motion(3))
    tracks, _ = draw(
        "length: 6 s\nscore:\n  0 s: {actor: Dr. A, action: nod, motion: 5}\n"
        "  2 s: {motion: inversion/motion.safetensors}"
    )
    labels = [text.get_text().strip() for text in tracks.texts]
    assert labels == ["Dr. A", "nod", "5", "inversion/motion"]


def test_a_change_at_the_end_does_not_squeeze_the_score(draw):
    text = "length: 6 s\nscore:\n  0 s: {actor: ann, action: nod}\n"
    plain, late = draw(text), draw(text + "  5.9 s: {actor: bob, linear: 3 s}")
    assert late[0].texts[1].get_position()[0] > 6  # its label lies beyond the video
    for before, after in zip(plain, late, strict=True):
        assert after.get_position().bounds == pytest.approx(before.get_position().bounds)


def test_a_motion_has_one_colour_wherever_it_comes(draw):
    tracks, clocks = draw(
        "length: 6 s\nscore:\n  0 s: {actor: ann, action: nod, motion: 3}\n"
        "  2 s: {motion: 5}\n  4 s: {motion: 3}"
    )
    lines = [to_hex(line.get_color()) for line in clocks.lines]
    bars = [to_hex(bar.get_facecolor()[0]) for bar in tracks.collections[2:]]
    assert lines == bars and lines[0] == lines[2] != lines[1]

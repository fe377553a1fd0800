import json

import pytest

from mmctsvg.evaluation.cards import compare_cards, make_card, read_card, render_card, write_card
from mmctsvg.evaluation.run import Result
from mmctsvg.utils.errors import UserError

WEIGHTS = dict(file="net.ckpt", sha256="ab12", licence="MIT", source="package 1.0")


def result(value=3.14159, frames=16, sha="ab12", name="FVD16"):
    return Result(
        name=name,
        numbers={"value": value, "clips": 7},
        protocol={"frames": frames, "resize": "bilinear"},
        weights=[WEIGHTS | {"sha256": sha}],
        notes=["few clips"],
        pictures=["curves.png"],
        seconds=1.5,
        videos=3,
    )


def card(*results):
    return make_card({"checkpoint": "iter_1.pth"}, results or [result()])


def test_written_read_and_readable(tmp_path):
    made = card(result(), result(float("nan"), name="LiA"))
    write_card(made, tmp_path)
    found = read_card(tmp_path)
    assert found["metrics"]["FVD16"] == made["metrics"]["FVD16"]
    assert found["metrics"]["LiA"]["numbers"]["value"] is None
    assert json.loads((tmp_path / "card.json").read_text())["versions"]["torch"]
    text = (tmp_path / "card.md").read_text()
    for piece in (
        "checkpoint: iter_1.pth",
        "| FVD16 value | 3.142 |",
        "| LiA value | - |",
        "frames: 16; resize: bilinear",
        "**Note:** few clips",
        "* 3 videos in 1.5 s",
        "sha256 ab12, licence: MIT",
        "![FVD16](curves.png)",
    ):
        assert piece in text
    assert render_card(found) == text


def test_a_changed_card_is_noticed(tmp_path):
    made = card(result(2.5), result(float("nan"), name="LiA"))
    made["subject"]["\N{SNOWMAN}"] = (1, "b")
    write_card(made, tmp_path)
    path, good = tmp_path / "card.json", read_card(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace('"value": 2.5', '"value": 2.4'), "utf-8")
    with pytest.raises(UserError, match="card.json: was changed .* evaluate again"):
        read_card(path)
    older = {key: value for key, value in json.loads(text).items() if key != "sha256"}
    path.write_text(json.dumps(older))
    assert read_card(path) == good == older


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": []},
        {"metrics": [1]},
        {"metrics": {"FVD16": 3}},
        {"metrics": {"FVD16": {"numbers": {}, "protocol": {}, "weights": [1]}}},
    ],
)
def test_other_shapes_are_refused(tmp_path, changes):
    (tmp_path / "card.json").write_text(json.dumps(card() | changes))
    with pytest.raises(UserError, match="card.json: is no card.json of this version"):
        read_card(tmp_path)


def test_nests_too_deep_for_json_are_refused(tmp_path):
    (tmp_path / "card.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match="is no card.json"):
        read_card(tmp_path)


def test_speed():
    assert result().speed == "FVD16: 3 videos in 1.5 s, 2 videos/s"


def test_equal_protocols_are_subtracted():
    lines = compare_cards(card(result(3.0)), card(result(2.5)))
    assert "FVD16 value: 3 -> 2.5 (-0.5)" in lines and "FVD16 clips: 7 -> 7 (+0)" in lines


def test_differing_subjects_are_named():
    second = card(result(2.0))
    second["subject"] = {**second["subject"], "real": "b"}
    lines = compare_cards(
        {**card(result(3.0)), "subject": {**card()["subject"], "real": "a"}}, second
    )
    assert "real: a -> b" in lines and "FVD16 value: 3 -> 2 (-1)" in lines


def test_rates_and_lengths_stand_on_the_card_and_count():
    def at(fps):
        made = result()
        made.protocol |= {"fps": fps} if fps else {}
        counts = dict(videos=3, brought=2, untold=0, cut=3)
        made.sides = {"real": dict(counts, rates=[25, 50], frames=[48, 120], taken=[16, 16])}
        return made

    line = (
        "real: 3 videos at 25 to 50 frames per second, 2 brought to 25 by time; 48 to 120 frames, "
        "of which the first 16 are taken"
    )
    assert f"* {line}" in render_card(card(at(25.0)))
    with pytest.raises(UserError, match="fps is 25.0 and 50.0"):
        compare_cards(card(at(25.0)), card(at(50.0)))
    for other in (25.01, None):  # older cards tell no rate
        assert compare_cards(card(at(25.0)), card(at(other)))
    old = card()
    del old["metrics"]["FVD16"]["sides"]
    assert "real:" not in render_card(old)


def test_others_are_not():
    first = card(result(), result(1.0, name="LiA"), result(name="only"))
    second = card(result(frames=32), result(2.0, name="LiA"))
    lines = compare_cards(first, second)
    assert "FVD16: not comparable: frames is 16 and 32" in lines
    assert "only: only in the first" in lines and "LiA value: 1 -> 2 (+1)" in lines
    with pytest.raises(UserError, match="cannot be compared: FVD16: .*the weights differ"):
        compare_cards(card(result()), card(result(sha="cd34")))
    missing = card(result(float("nan")))
    assert "FVD16 value: - -> 3.142 (-)" in compare_cards(
        json.loads(json.dumps(missing).replace("NaN", "null")), card()
    )


def test_the_tool(tmp_path, load_tool, check_refusal, capsys):
    main = load_tool("compare_cards").main
    write_card(card(result(3.0)), tmp_path / "a")
    write_card(card(result(2.0)), tmp_path / "b")
    main([str(tmp_path / "a"), str(tmp_path / "b" / "card.json")])
    assert "(-1)" in capsys.readouterr().out
    check_refusal(main, [tmp_path / "a", tmp_path / "no"], "no: cannot be read")
    (tmp_path / "x.json").write_text("{}")
    check_refusal(main, [tmp_path / "a", tmp_path / "x.json"], "x.json: is no card.json")
    write_card(card(result(frames=9)), tmp_path / "c")
    check_refusal(main, [tmp_path / "a", tmp_path / "c"], "frames is 16 and 9")

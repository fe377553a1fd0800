import json

import pytest

from mmctsvg.checkpoints.generator_file import CARD_KEY
from mmctsvg.export import site
from mmctsvg.utils.errors import UserError, UserNote

onnx = pytest.importorskip("onnx", reason="needs pip install 'mmctsvg[export]'")
pytest.importorskip("onnxruntime", reason="needs pip install 'mmctsvg[export]'")


@pytest.fixture(autouse=True)
def no_runtime(monkeypatch):
    monkeypatch.setattr(site, "find_runtime", lambda folder: {"ort.mjs": b"runtime"})


@pytest.mark.parametrize("kind", ["inferencer", "free"])
def test_files_of_the_page(request, kind, tmp_path):
    inferencer = request.getfixturevalue(kind)
    found = site.export_site(inferencer, tmp_path / "site")
    files = {
        p.relative_to(tmp_path / "site").as_posix(): p for p in (tmp_path / "site").rglob("*.*")
    }
    assert {p.name for p in site.PAGE.iterdir()} < files.keys()
    assert files["ort/ort.mjs"].read_bytes() == b"runtime"
    assert found["difference"] < site.PARITY
    assert found["bytes"] == sum(path.stat().st_size for path in files.values())
    data = json.loads(files["model.json"].read_text())
    for name in ("styles", "frame"):
        (text,) = [
            p.value for p in onnx.load(files[f"{name}.onnx"]).metadata_props if p.key == CARD_KEY
        ]
        assert json.loads(text) == json.loads(json.dumps(inferencer.card)) == data["card"]


def test_nothing_is_written_that_differs(inferencer, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "PARITY", 1e-9)
    with pytest.raises(UserError, match="page's frames would differ by .* nothing was written"):
        site.export_site(inferencer, tmp_path / "site")
    assert not list(tmp_path.iterdir())


def test_a_note_where_visitors_wait(inferencer, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "LARGEST", 1000)
    with pytest.warns(UserNote, match="visitors of the page have to load"):
        site.export_site(inferencer, tmp_path / "site")


def test_all_files_of_the_page_are_small():
    scripts = [p for p in site.PAGE.iterdir() if p.suffix in (".js", ".html", ".css")]
    assert len(scripts) > 5
    for path in scripts:
        assert len(path.read_text("utf-8").splitlines()) < 400, path.name

import pytest


def test_it_says_how_to_show_the_page(load_tool, tmp_path, monkeypatch, capsys):
    def export_site(inferencer, folder, runtime):
        assert inferencer.actors[0] == "Mia" and runtime is None
        return {"bytes": 13_900_000, "difference": 8e-6}

    tool = load_tool("export_web")
    monkeypatch.setattr(tool.module, "export_site", export_site)
    tool.main(["demo", "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert "13.9 MB; frames differ from PyTorch's by at most 8e-06" in said
    assert f"python -m http.server --directory {tmp_path}\n" in said


def test_a_folder_without_the_runtime(load_tool, check_refusal, tmp_path):
    pytest.importorskip("onnx", reason="needs pip install 'mmctsvg[export]'")
    pytest.importorskip("onnxruntime", reason="needs pip install 'mmctsvg[export]'")
    arguments = ["demo", "--out", tmp_path / "site", "--runtime", tmp_path]
    words = ("ort.wasm.min.mjs", "no such file", "--runtime FOLDER")
    check_refusal(load_tool("export_web").main, arguments, *words)
    assert not (tmp_path / "site").exists()

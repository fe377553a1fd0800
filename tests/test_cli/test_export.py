import pytest

from mmctsvg.export import program


def test_it_says_what_it_wrote(load_tool, tmp_path, monkeypatch, capsys):
    def export(inferencer, path, vectors):
        assert inferencer.device.type == "cpu" and vectors
        path.write_bytes(b"x" * 100_000)
        return 2e-6

    tool = load_tool("export")
    monkeypatch.setattr(tool.module, "export", export)
    tool.main(["demo", "--out", str(tmp_path / "demo.onnx"), "--vectors"])
    assert "0.1 MB; frames differ from PyTorch's by at most 2e-06" in capsys.readouterr().out


def test_refusals(load_tool, check_refusal, tmp_path, monkeypatch):
    main = load_tool("export").main
    check_refusal(main, ["demo", "--out", tmp_path / "a.h5"], "a.h5", ".onnx or .pt2", "'.h5'")
    check_refusal(main, ["nobody", "--out", tmp_path / "a.onnx"], "nobody")
    monkeypatch.setattr(program, "_trace", lambda program: None)
    monkeypatch.setattr(program, "need", lambda name: pytest.fail(name))
    with pytest.raises(pytest.fail.Exception, match="onnx"):
        main(["demo", "--out", str(tmp_path / "a.onnx")])
    assert not list(tmp_path.iterdir())

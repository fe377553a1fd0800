import pytest

from mmctsvg.apis import CTSVGInferencer


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator(), make_meta())


@pytest.fixture
def write(tmp_path):
    """Returns a writer of scripts."""

    def write(text: str):
        path = tmp_path / "script.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write

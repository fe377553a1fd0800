import pytest
from matplotlib.font_manager import FontEntry, fontManager

from mmctsvg.visualization.fonts import font_file, split_by_font


@pytest.fixture(autouse=True)
def forget_fonts():
    yield
    font_file.cache_clear(), split_by_font.cache_clear()


@pytest.fixture
def no_fonts(monkeypatch):
    """No font is installed besides Matplotlib's own."""
    font_file.cache_clear(), split_by_font.cache_clear()
    own = [entry for entry in fontManager.ttflist if "mpl-data" in entry.fname]
    monkeypatch.setattr(fontManager, "ttflist", own)
    return own


@pytest.fixture
def font_of_one(tmp_path, no_fonts, monkeypatch):
    """A font whose only letter U+10FFFD, which no other has, is a full square."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    corners = [(0, 0), (0, 1000), (3000, 1000), (3000, 0)]
    pen.moveTo(corners[0]), [pen.lineTo(corner) for corner in corners[1:]], pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({0x10FFFD: "square"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (500, 0), "square": (3000, 0)})
    font.setupHorizontalHeader(ascent=1000, descent=0)
    font.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    font.setupOS2(), font.setupPost()
    font.save(tmp_path / "Squares.ttf")
    entries = [
        FontEntry(fname=str(tmp_path / f"{name}.ttf"), name=name) for name in ("Gone", "Squares")
    ]
    monkeypatch.setattr(fontManager, "ttflist", [*no_fonts, *entries])

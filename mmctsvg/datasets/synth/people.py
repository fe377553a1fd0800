"""Appearance of the drawn people."""

from dataclasses import dataclass

from .canvas import Colour


@dataclass(frozen=True, kw_only=True)
class Person:
    """Appearance of one drawn person. Colours are RGB, 0 to 255."""

    name: str
    background: Colour
    skin: Colour
    hair: Colour
    hair_style: str  # long, short, afro, spiky, bob, bald, bun or beanie
    shirt: Colour
    trim: Colour  # collar, stripes, cap band
    pattern: str = "plain"  # or stripes, collar, vneck, hoodie, dungarees, dots
    iris: Colour = (58, 38, 30)
    beard: Colour | None = None
    moustache: Colour | None = None
    glasses: Colour | None = None
    earrings: Colour | None = None
    freckles: bool = False
    lashes: bool = False


PEOPLE = (
    Person(
        name="Mia",
        background=(137, 196, 190),
        skin=(255, 219, 190),
        hair=(212, 92, 40),
        hair_style="long",
        shirt=(52, 124, 84),
        trim=(250, 236, 206),
        pattern="collar",
        iris=(52, 104, 72),
        freckles=True,
        lashes=True,
    ),
    Person(
        name="Omar",
        background=(176, 212, 240),
        skin=(214, 158, 112),
        hair=(34, 28, 30),
        hair_style="short",
        shirt=(238, 178, 42),
        trim=(255, 246, 222),
        pattern="vneck",
        beard=(48, 38, 38),
    ),
    Person(
        name="Aisha",
        background=(250, 214, 120),
        skin=(140, 88, 60),
        hair=(52, 30, 28),
        hair_style="afro",
        shirt=(226, 74, 128),
        trim=(255, 226, 236),
        pattern="dots",
        earrings=(255, 208, 70),
        lashes=True,
    ),
    Person(
        name="Leo",
        background=(62, 78, 138),
        skin=(250, 208, 172),
        hair=(250, 208, 84),
        hair_style="spiky",
        shirt=(246, 240, 230),
        trim=(214, 58, 56),
        pattern="stripes",
        iris=(48, 96, 150),
        freckles=True,
    ),
    Person(
        name="Yuki",
        background=(246, 190, 188),
        skin=(252, 226, 198),
        hair=(38, 34, 56),
        hair_style="bob",
        shirt=(124, 88, 184),
        trim=(236, 226, 250),
        lashes=True,
    ),
    Person(
        name="George",
        background=(158, 186, 132),
        skin=(244, 190, 160),
        hair=(236, 236, 232),
        hair_style="bald",
        shirt=(54, 92, 148),
        trim=(250, 250, 246),
        pattern="vneck",
        iris=(70, 90, 110),
        moustache=(238, 238, 234),
        glasses=(58, 50, 50),
    ),
    Person(
        name="Zola",
        background=(200, 182, 232),
        skin=(112, 70, 50),
        hair=(28, 20, 24),
        hair_style="bun",
        shirt=(240, 126, 48),
        trim=(58, 86, 140),
        pattern="dungarees",
        earrings=(250, 220, 120),
        lashes=True,
    ),
    Person(
        name="Nils",
        background=(236, 126, 104),
        skin=(252, 214, 188),
        hair=(176, 84, 40),
        hair_style="beanie",
        shirt=(84, 92, 104),
        trim=(36, 152, 160),
        pattern="hoodie",
        iris=(60, 110, 130),
        beard=(186, 92, 44),
    ),
)

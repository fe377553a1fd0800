"""Links, file names, commands and words of the documentation."""

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mmctsvg.cli.parsers import VERBS, make_parser

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
GLOSSARY = ROOT / "docs" / "reference" / "glossary.md"
#: Words of the glossary's last table that may stand nowhere, with their forms.
AVOIDED = r"\b(films?|movies?|judge[sd]?|verdicts?|judgements?|pictures?|moments?)\b"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())


def prose(page: Path) -> str:
    """Text without blocks of code and without code in lines."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """Anchors that a page's headings have."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pages
def test_links(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        assert found.is_file(), target
        assert not anchor or anchor in anchors(found), target


@pages
def test_paths_of_the_repository(page):
    """Every path in a text that begins with a folder of this repository is there."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/.~])(?:mmctsvg|configs|tests|tools|docs)/[\w./-]*\w/?", text)
    for path in {path for path in named if not re.search(r"NAME|CONFIG", path)}:
        assert (ROOT / path).exists(), path


def test_names_of_the_code():
    """Functions and classes that "where is what" names behind a file are in that file."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `(mmctsvg/[\w/]+)\.py`, `([\w.]+)`", readme)
    assert len(rows) >= 2
    for module, name in rows:
        found = importlib.import_module(module.replace("/", "."))
        for part in name.split("."):
            found = getattr(found, part)


def test_pages_that_code_names():
    """Comments, docstrings and messages name pages that are there."""
    files = [
        path
        for folder in ("mmctsvg", "tools", "configs", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sh")
    ]
    named = {
        (path.relative_to(ROOT).as_posix(), page)
        for path in files
        for page in re.findall(r"\bdocs/[\w/]+\.md", path.read_text(encoding="utf-8"))
    }
    assert named
    for path, page in named:
        assert (ROOT / page).is_file(), f"{path}: {page}"


def commands(page: Path) -> list[list[str]]:
    """Command lines of a page's shell blocks."""
    text = "\n".join(re.findall(r"^ *```bash\n(.*?)```", page.read_text(), re.S | re.M))
    lines = text.replace("\\\n", " ").splitlines()
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


@pages
def test_commands_are_understood(page, tmp_path, monkeypatch):
    """Every option of every command on a page exists, and has a value that can be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for config in re.findall(r"```python\n# (\w+_config\.py)\n", page.read_text(encoding="utf-8")):
        (tmp_path / config).write_text("")
    for words in commands(page):
        tools = [word for word in words if word.startswith("tools/") and word.endswith(".py")]
        for tool in tools:
            verb = re.search(r'run_verb\("([\w-]+)"', (ROOT / tool).read_text(encoding="utf-8"))
            arguments = words[words.index(tool) + 1 :]
            try:
                make_parser(verb[1]).parse_args(arguments)
            except Exception as error:
                pytest.fail(f"{' '.join(words)}: {error}")


@pages
def test_options_in_sentences(page):
    """Every option that a sentence names belongs to some command."""
    known = {"--strict", "--no-deps", "--here", "--help", "--shm-size"}  # of others, or of all
    for verb in VERBS:
        known.update(*(action.option_strings for action in make_parser(verb).arguments()))
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    code = " ".join(re.findall(r"`([^`]*)`", text))
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", code)) <= known


@pages
def test_words(page):
    """No page uses a word that the glossary gives another one for."""
    text = prose(page)
    if page == GLOSSARY:
        text = text[: text.index("## Words that we do not use")]
        text = text.replace("frames of several videos in one image", "")
    allowed = r"a figure in a document may be a picture"
    found = re.findall(AVOIDED, text.replace(allowed, ""), re.I)
    assert not found, found


def test_all_pages_are_in_the_menu():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def leaves(node):
        if isinstance(node, str):
            return {node}
        values = node.values() if isinstance(node, dict) else node
        return set().union(*map(leaves, values))

    docs = ROOT / "docs"
    assert leaves(config["nav"]) == {p.relative_to(docs).as_posix() for p in docs.rglob("*.md")}


def test_every_package_has_a_page():
    packages = {path.parent.name for path in (ROOT / "mmctsvg").glob("*/__init__.py")}
    api = {path.stem for path in (ROOT / "docs" / "reference" / "api").glob("*.md")}
    assert api == packages | {"registry"}
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \d+ \| `(\w+)`", contributing, re.M)) == api


@pytest.mark.slow
def test_build(tmp_path):
    """The one command of CONTRIBUTING.md, where mkdocs is installed."""
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "reference" / "api" / "apis" / "index.html").read_text()
    assert "CTSVGInferencer" in page

import pytest

from mmctsvg.utils.names import find_name, normal

FORMS = ["Jos\u00e9", "Jose\u0301"]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("known", FORMS)
def test_names_match_in_any_form(name, known):
    assert find_name(name, ["Ann", known, "Bob"]) == 1
    assert normal(name) == normal(known) == FORMS[0]


def test_other_names_do_not():
    assert find_name("Jose", FORMS) is None
    assert find_name("", FORMS) is None
    assert find_name("ann", ["Ann"]) is None
    # Letters that only look alike, and those that a compatibility form would join, stay apart.
    assert find_name("\u212bngstr\u00f6m", ["\u00c5ngstr\u00f6m"]) == 0
    assert find_name("\ufb01n", ["fin"]) is None

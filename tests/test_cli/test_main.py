import subprocess
import sys

import pytest

from mmctsvg.cli.main import main
from mmctsvg.cli.parsers import VERBS


def test_lists_every_verb(capsys):
    main([])
    printed = capsys.readouterr().out
    for verb in VERBS:
        assert f"\n  {verb} " in printed
    main(["--help"])
    assert capsys.readouterr().out == printed


def test_help_of_a_verb(capsys):
    with pytest.raises(SystemExit) as end:
        main(["generate", "--help"])
    printed = capsys.readouterr().out
    assert end.value.code == 0
    assert printed.startswith("usage: mmctsvg generate ") and "mmctsvg generate --demo" in printed


def test_refuses(check_refusal):
    check_refusal(main, ["film"], "there is no VERB 'film'")
    check_refusal(main, ["generate"], "one of the arguments WEIGHTS --demo is required")
    check_refusal(
        main, ["generate", "--demo", "--frames", 0], "--frames is 0: it must be at least 1"
    )
    check_refusal(
        main, ["train", "ctsvg_mead_128", "--depth", 3], "unrecognized arguments: --depth 3"
    )


def test_a_real_process_ends_without_traceback():
    command = [sys.executable, "-c", "from mmctsvg.cli.main import main; main()"]
    done = subprocess.run([*command, "train", "x"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: CONFIG: x: there is no such config")
    assert len(done.stderr.splitlines()) == 1

import subprocess
import sys

import pytest
import torch

from mmctsvg.utils.errors import UserError, cli


def test_result_and_arguments_pass_through():
    @cli
    def main(a, b=2):
        """Says what it does."""
        return a + b

    assert main(1) == 3 and main(1, b=5) == 6
    assert main.__doc__ == "Says what it does."


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UserError("a.csv has no rows"), 2, "error: a.csv has no rows\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_errors_of_the_user_are_one_line(capsys, error, code, text):
    @cli
    def main():
        raise error

    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == code
    assert capsys.readouterr().err == text


def test_our_own_errors_keep_their_traceback():
    @cli
    def main():
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        main()


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise UserError("clip 7 is broken")


def test_errors_in_loader_processes_are_one_line_too(capsys):
    @cli
    def main():
        list(torch.utils.data.DataLoader(Broken(), num_workers=1))

    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "error: clip 7 is broken\n"


def test_a_real_process_ends_without_traceback():
    program = (
        "from mmctsvg.utils.errors import UserError, cli\n"
        "@cli\n"
        "def main():\n"
        "    raise UserError('wrong')\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: wrong\n")

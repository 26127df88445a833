"""A short run of what `make attack` does at length."""

import pytest

from tests.attack.__main__ import attack, main


@pytest.mark.parametrize(
    ("part", "amount"),
    [
        ("fuzz", 2000),
        ("limited", 3000),
        ("junk", 300),
        ("idle", 80),
        ("readers", 30),
        ("guess", 2),
        ("siege", 3),
        ("words", 2),
        ("letters", 900),
    ],
)
def test_attacks_bounce(part, amount):
    rows = attack(part, amount)
    print(*rows, sep="\n")
    # How fast players were answered meanwhile says more about this machine than about the program.
    assert [row for row in rows if row[2] is False and not row[0].startswith("a player during")] == []


def test_an_unknown_part_is_a_sentence(capsys):
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "the parts are fuzz, limited, junk" in capsys.readouterr().err

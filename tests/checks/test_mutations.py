"""Some of the mutants, the same at every run; `python -m tests.checks.mutations` tries thousands."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from kybaocao.checks.judgement import judge
from kybaocao.workbook.sandbox import parse_limited
from tests.checks.catalogue import layout_of, the_plan
from tests.checks.mutants import AGENCIES, base, is_same
from tests.checks.mutated_cells import CELLS
from tests.checks.mutated_layouts import LAYOUTS
from tests.checks.mutated_packages import PACKAGES
from tests.checks.mutations import KINDS, Mutant, find_wrong, make_mutant, mutate, parse_here, try_mutant

SEVERAL, IN_THE_SANDBOX = 50, 25


def _fails(mutant: Mutant, *, in_sandbox: bool = False) -> str:
    outcome = try_mutant(mutant, parse_limited if in_sandbox else parse_here)
    return f"{outcome.result}: {outcome.detail}" if outcome.is_failure else ""


def _several(number: int) -> Mutant:
    random = Random(f"several/{number}")
    return mutate(random, random.sample(KINDS, random.choice((2, 3, 4))), number)


def test_the_lists_of_mutations_are_not_empty() -> None:
    """The tests below must not pass by testing nothing."""
    assert len(CELLS) >= 35 and len(LAYOUTS) >= 25 and len(PACKAGES) >= 40


@pytest.mark.parametrize("agency", AGENCIES)
@pytest.mark.parametrize("has_percentages", [False, True])
def test_without_a_mutation_every_answer_is_read_as_it_was_written(agency: str, has_percentages: bool) -> None:
    """Percentages kept as fractions included, and no finding is needed for it."""
    data, intended, _ = base(agency, has_percentages)
    mutant = Mutant(0, (), agency, data, intended)
    judgement = judge(data, layout_of(agency), the_plan(), parse=parse_here)
    read = {key: answer.value for key, answer in judgement.answers.items() if answer.value is not None}
    assert (list(find_wrong(judgement, mutant)), judgement.findings, len(read)) == ([], (), len(intended))


def test_the_same_seed_and_number_make_the_same_mutant() -> None:
    """A failure found among ten thousand can be looked at again."""
    for number in (3, 58, 120):
        first, second = make_mutant(4, number), make_mutant(4, number)
        assert (first.kinds, first.agency, first.intended) == (second.kinds, second.agency, second.intended)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_is_read_right_or_reported(kind: str) -> None:
    """No crash, and no value that differs from what the file says without a finding."""
    assert _fails(mutate(Random(f"one/{kind}"), [kind])) == ""


@pytest.mark.parametrize("number", range(SEVERAL))
def test_a_mutant_of_several_kinds_is_read_right_or_reported(number: int) -> None:
    """People change several things in one file."""
    assert _fails(_several(number)) == ""


@pytest.mark.parametrize("number", range(IN_THE_SANDBOX))
def test_a_mutant_in_the_sandbox_is_read_right_or_reported(number: int) -> None:
    """The same in the reader's own process, mostly with damaged packages, which may crash the reader."""
    random = Random(f"sandbox/{number}")
    kinds = [random.choice(list(PACKAGES))]
    assert _fails(mutate(random, kinds, number), in_sandbox=True) == ""


def test_the_comparison_sees_a_wrong_value() -> None:
    """If the comparison saw no difference, all tests above would pass."""
    data, intended, _ = base("STC", False)
    key = next(key for key, value in intended.items() if value == Decimal(100))
    for other in (intended | {key: Decimal(1)}, {k: v for k, v in intended.items() if k != key}):
        judgement = judge(data, layout_of("STC"), the_plan(), parse=parse_here)
        assert len(list(find_wrong(judgement, Mutant(0, (), "STC", data, other)))) == 1


def test_binary_noise_is_the_same_number_and_a_digit_is_not() -> None:
    """A spreadsheet keeps fifteen digits."""
    assert is_same(Decimal("79.99999999999999"), Decimal(80)) and not is_same(Decimal("79.9999"), Decimal(80))

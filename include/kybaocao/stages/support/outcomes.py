"""What became of files, in a few words for who looks at Airflow: the name of a row, the note of a run, lines of a log.

`templates/pass.yaml` has the words.
"""

from __future__ import annotations

import functools
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kybaocao.findings import TEMPLATES
from kybaocao.inbox.submission import Submission
from kybaocao.log_fields import log_about
from kybaocao.plan.reminder_steps import Ladder
from kybaocao.plan.verdict import Verdict
from kybaocao.yaml_source import read_yaml

log = logging.getLogger(__name__)

WAITING = "waiting"  # stands for a file without a verdict in counts


@functools.cache
def load_words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = read_yaml(TEMPLATES / "pass.yaml").data
    return words


def count_findings(findings: Sequence[Mapping[str, str]]) -> tuple[int, int]:
    """(those that send a file back, those that do not); `findings` as the store keeps them."""
    errors = sum(finding.get("sends_back") == "yes" for finding in findings)
    return errors, len(findings) - errors


def describe_files(counts: Mapping[str, int]) -> str:
    """ "8 tệp: 3 nhận, 4 trả, 1 không đọc được"; `counts`: verdict, or WAITING -> files."""
    words = load_words()
    parts = [text.format(so=counts[name]) for name, text in words["dem_ket_qua"].items() if counts.get(name)]
    if not parts:
        return str(words["khong_co_tep"])
    return str(words["dem_tep"].format(tong=sum(counts.values()), danh_sach=", ".join(parts)))


def describe_judged(judged: Sequence[Submission]) -> str:
    """What became of an agency's forms: "trả lại, 3 lỗi"; "" when there is none."""
    return describe_row(judged) if len(judged) > 1 else "".join(_describe_one(one) for one in judged)


def describe_row(judged: Sequence[Submission]) -> str:
    """What became of the forms of several agencies: "1 tệp: 1 nhận"; "" when there is none."""
    return describe_files(Counter(str(one.verdict or WAITING) for one in judged)) if judged else ""


def describe_steps(ladder: Ladder, taken: Mapping[str, int]) -> str:
    """The steps that were taken, in their order: "Nhắc lần 3", or of several agencies "9 × Nhắc lần 3"."""
    several = sum(taken.values()) > len(taken)
    named = [(taken[step.id], ladder.name_step(step.id)) for step in ladder.reminder_steps if taken.get(step.id)]
    return ", ".join(f"{count} × {name}" if several else name for count, name in named)


def _describe_one(submission: Submission) -> str:
    words = load_words()
    errors, others = count_findings(json.loads(submission.findings))
    parts = [words["ket_qua"][str(submission.verdict)]]
    if submission.verdict == Verdict.RETURNED:
        parts.append(words["so_loi"].format(so=errors))
    elif submission.verdict == Verdict.ACCEPTED and others:
        parts.append(words["so_luu_y"].format(so=others))
    return ", ".join(parts)


def log_outcome(submission: Submission) -> None:
    """A line for the verdict and one for each finding, with the file that they are about as fields."""
    one = submission
    with log_about(cycle=one.cycle, agency=one.agency, component=one.component, version=one.version):
        for line in list_log_lines(submission):
            log.info("%s", line)


def list_log_lines(submission: Submission) -> Iterator[str]:
    """A line for the verdict and one for each finding: where, what, and its code."""
    words = load_words()
    file = {"tep": submission.file_name, "so": submission.version}
    yield words["tep"].format(**file, ket_qua=_describe_one(submission))
    findings = json.loads(submission.findings)
    for number, finding in enumerate(findings, start=1):
        place = "!".join(part for part in (finding["sheet"], finding["cell"]) if part)
        yield words["diem"].format(
            **file,
            muc_do=words["muc_do"][finding.get("sends_back", "yes")],
            thu_tu=number,
            tong=len(findings),
            noi=place or words["ca_tep"],
            noi_dung=finding["message"],
            ma=finding["code"],
        )

"""Compiling: a new version of the report, when one is due and would say something new."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.documents.report.content import ReportContent, contents_checksum, write_contents
from kybaocao.documents.report.supplement import Supplement, read_supplement, write_blank
from kybaocao.figures.snapshot import Snapshot, set_aside_returns
from kybaocao.files import write_whole
from kybaocao.home import SUPPLEMENT
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.report_changes import find_changes, read_words, store_change_lines
from kybaocao.stages.support.report_files import (
    SIGNED_FOLDER,
    SUBMITTED_FOLDER,
    hash_files,
    is_recorded,
    list_waiting,
    load_contents,
    mark_recorded,
    store_contents,
)
from kybaocao.store.audit import record_action
from kybaocao.store.reports import (
    DECIDED,
    UNDER_WAY,
    ReportState,
    ReportVersion,
    add_version,
    list_versions,
    load_snapshot,
)


def is_report_due(p: Pass) -> bool:
    """From `tong_hop` until the cycle closes; one that closed before anyone looked is left alone."""
    return p.as_of >= p.calendar.at(p.cycle.compile_at) and p.local.date() <= p.cycle.closes_on


def load_supplement(p: Pass) -> Supplement:
    """The coordinator's words; while their file cannot be read, those the last version was made with.

    A file saved halfway or in the wrong encoding must not empty places that were filled before.
    """
    path = p.home.supplement(p.cycle.id)
    supplement = read_supplement(path, p.plan)
    if supplement.data is None and supplement.problems:
        kept = sorted(path.parent.glob(f"v*/{SUPPLEMENT}"))
        if kept:
            return read_supplement(kept[-1], p.plan)
    return supplement


def compile_report(
    p: Pass,
    snapshot: int,
    *,
    is_asked: bool = False,
    is_question_live: Callable[[str], bool] = lambda run: True,
) -> int | None:
    """The number of the version to publish now or to ask about again, or None when there is nothing to do.

    A version is due from the cycle's `tong_hop` on; later ones follow whenever the content changes, until one is
    approved: after that only when asked for, because a correction to what was signed is a decision, not an event.
    What was sent back, by the coordinator or by UBND tỉnh, has a new version of every document.  The coordinator's
    words are content: a changed supplement is a new version.
    Files that were only sent back make no new version, unless a report is asked for.

    The newest version is asked about again when it waits for either decision and the run that asked is gone
    (`is_question_live`).  One that was decided, and whose run is gone before the next release was queued, is taken up
    again in the same way: what the human decided is carried out without another question.

    Two passes at once compile one after the other, for both write into the folder of the next version; and an older
    snapshot never replaces a newer one.
    """
    with p.store.exclusive(f"report-{p.cycle.id}"):
        return _find_version(p, snapshot, is_question_live, is_asked=is_asked)


def _find_version(p: Pass, snapshot: int, is_question_live: Callable[[str], bool], *, is_asked: bool) -> int | None:
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.id)
    for one in versions:
        mark_recorded(p.home.root / one.folder)
    last = versions[-1] if versions else None
    is_older = last is not None and snapshot < last.snapshot  # another pass, which took its own later, was faster
    if (is_asked or is_report_due(p)) and not is_older:
        supplement = load_supplement(p)
        with p.store.read() as connection:
            taken = load_snapshot(connection, snapshot)
        contents = write_contents(p.plan, p.cycle, taken, supplement)
        if _is_called_for(p, versions, contents, taken, supplement, is_asked=is_asked):
            number = _find_number(p, contents, last.version + 1 if last else 1)
            return _compile(p, snapshot, taken, contents, supplement, number, is_asked=is_asked)
        if last is not None and last.state == ReportState.COMPILED:
            return last.version  # a crash came between compiling and publishing
    if last is not None and last.state in (ReportState.WAITING, *UNDER_WAY) and not is_question_live(last.asked_in):
        return last.version
    return None


def _is_called_for(
    p: Pass,
    versions: list[ReportVersion],
    contents: dict[Audience, ReportContent],
    taken: Snapshot,
    supplement: Supplement,
    *,
    is_asked: bool,
) -> bool:
    """Whether a new version would say something that the last one does not, and may be made."""
    if not versions:
        return True
    last = versions[-1]
    if last.compiled_at > p.as_of:
        return False  # an old run that was cleared: a later pass has compiled since
    if last.state != ReportState.REJECTED and last.content_checksum == contents_checksum(contents):
        return False
    if is_asked:
        return True
    if any(version.state in DECIDED for version in versions):
        return False
    if last.state == ReportState.REJECTED:
        return True
    with p.store.read() as connection:
        before = load_snapshot(connection, last.snapshot)
    words_before = read_words(p, last)

    def write(snapshot: Snapshot, words: Supplement) -> str:
        return contents_checksum(write_contents(p.plan, p.cycle, snapshot, words))

    if write(before, words_before) != last.content_checksum:
        return True  # the configuration has changed
    return write(set_aside_returns(before), words_before) != write(set_aside_returns(taken), supplement)


def _find_number(p: Pass, contents: dict[Audience, ReportContent], number: int) -> int:
    """The first number from `number` on whose folder may be written to.

    A folder that the store does not know holds a report all the same when the store was restored from an older backup;
    it stays as it is.  What a killed pass left unrecorded says the same and is written again.
    """
    while (folder := p.home.report_folder(p.cycle.id, number)).exists():
        is_used = any((folder / name).exists() for name in (SUBMITTED_FOLDER, SIGNED_FOLDER))
        if not is_recorded(folder) and not is_used:
            try:
                if contents_checksum(load_contents(folder)) == contents_checksum(contents):
                    break
            except FileNotFoundError:
                break
            except (OSError, ValueError):
                pass  # whatever it is, it stays
        number += 1
    return number


def _compile(
    p: Pass,
    snapshot: int,
    taken: Snapshot,
    contents: dict[Audience, ReportContent],
    supplement: Supplement,
    number: int,
    *,
    is_asked: bool,
) -> int | None:
    """Write and record a version; None when the human has approved the one before it while it was written."""
    digest = contents_checksum(contents)
    folder = p.home.report_folder(p.cycle.id, number)
    folder.mkdir(parents=True, exist_ok=True)
    written = [*store_contents(folder, contents), folder / SUPPLEMENT]
    blank = write_blank(p.home.supplement(p.cycle.id), p.plan, p.cycle, list_waiting(contents))
    # The blank is kept, too: a pass that was killed after it wrote one leaves the next pass nothing else to read.
    words = blank if supplement.data is None else supplement.data
    if words is not None:
        write_whole(folder / SUPPLEMENT, words)
    # docx, openpyxl, matplotlib: only when there is a report
    from kybaocao.documents.package import write_changes, write_reports

    files = write_reports(p.plan, p.cycle, contents, folder, p.as_of, taken)
    changes = find_changes(p, number, taken, supplement)
    if changes is not None:
        files |= write_changes(changes, next(iter(contents.values())), folder, p.as_of)
        written.append(store_change_lines(folder, changes))
    with p.store.write() as connection:
        if not is_asked and any(one.state in DECIDED for one in list_versions(connection, p.cycle.id)):
            return None
        add_version(
            connection,
            ReportVersion(
                cycle=p.cycle.id,
                version=number,
                snapshot=snapshot,
                content_checksum=digest,
                folder=str(folder.relative_to(p.home.root)),
                compiled_at=p.as_of,
                state=ReportState.COMPILED,
                decided_at=None,
                decided_by="",
                reason="",
                sign_off={},
            ),
        )
        record_action(
            connection,
            "report-compiled",
            at=p.as_of,
            cycle=p.cycle.id,
            version=number,
            content=digest,
            files=hash_files([*files.values(), *(path for path in written if path.exists())]),
        )
    mark_recorded(folder)
    return number

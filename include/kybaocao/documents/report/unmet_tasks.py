"""Tasks reported as done whose own target is missed: said beside the done ones, in every document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kybaocao.documents.report.source import ReportSource, count, join, lower_first
from kybaocao.documents.report.target_figures import list_targets, show_outcome
from kybaocao.documents.report.works import Work


def list_unmet(source: ReportSource, works: Sequence[Work]) -> str:
    """The ministry reads of those that all who hold them report as done; of single agencies only the province."""
    named, words = join(_describe(source, works)), source.words.tasks
    return (words.unmet if source.has_internal else words.unmet_outward).format(danh_sach=named) if named else ""


def _describe(source: ReportSource, works: Sequence[Work]) -> Iterator[str]:
    words, held = source.words.tasks, {work.task.id: work for work in works}
    if not any(one.task in held for one in source.snapshot.broken_promises):
        return
    targets = {target.indicator.id: target for target in list_targets(source)}
    for one in source.snapshot.broken_promises:
        work, target = held.get(one.task), targets.get(one.target)
        if work is None or target is None or not (source.has_internal or work.is_wholly_done):
            continue
        only = one.agencies[0] if len(one.agencies) == 1 else ""
        yield words.unmet_item.format(
            tieu_de=words.title.format(tieu_de=work.task.title),
            co_quan=source.name(only) if only else words.agencies.format(so=count(len(one.agencies))),
            ket_qua=lower_first(show_outcome(source, target).text),
            muc_tieu=lower_first(target.indicator.target_text),
        )

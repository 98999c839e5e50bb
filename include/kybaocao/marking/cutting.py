"""Taking elements out of a part, with what means nothing without them."""

from __future__ import annotations

from collections.abc import Iterable

from kybaocao.marking.parts import Element, Parts, UnusualWorkbookError, local_name, main


def split_names(text: str) -> frozenset[str]:
    """The names of elements in a list with blanks between them."""
    return frozenset(text.split())


_ANCHORS = {"twoCellAnchor", "oneCellAnchor", "absoluteAnchor", "relSizeAnchor", "absSizeAnchor"}
# Elements that mean nothing when they are empty.
_CONTAINERS = split_names(
    "Choice Fallback ext extLst conditionalFormatting conditionalFormattings dataValidations sparklineGroups"
    " hyperlinks tableParts definedNames"
)


def remove(element: Element) -> None:
    """Take an element out, with what means nothing without it."""
    around = [element, *element.iterancestors()]
    if any(local_name(one) in ("graphicData", "contentPart", "compatExt") for one in around):
        # The frame goes with its content, and so does the substitute for programs that do not know the content.
        frame = next((place for place, one in enumerate(around) if local_name(one) in _ANCHORS), 0)
        element = next((one for one in around[frame:] if local_name(one) == "AlternateContent"), around[frame])
    parent = element.getparent()
    if parent is None:  # it was removed with another element
        return
    parent.remove(element)
    left = [one for one in parent if local_name(one)]
    if not left and local_name(parent) in _CONTAINERS:
        remove(parent.getparent() if local_name(parent) in ("Choice", "Fallback") else parent)
    elif parent.get("count") is not None:
        parent.set("count", str(len(left)))


def keep_children(parts: Parts, part: str, root: str, names: Iterable[str]) -> None:
    """Only children of these names stay. Raises UnusualWorkbookError when the part has another root."""
    if parts.look(part).tag != main(root):
        raise UnusualWorkbookError(f"{part}: not a {root}")
    kept = set(map(main, names))
    for child in [one for one in parts.look(part) if local_name(one) and one.tag not in kept]:
        parts.edit(part).remove(child)

"""How one part of an Office package names another: the one place that reads relations. Runs in the sandbox.

Source: ECMA-376 part 2, 6.2 (part names), 6.5 (relationships).
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT_RELATIONS = "_rels/.rels"

# id; kind: the last word of its type; target: a part, "" for a place in the same part and for one outside of the
# package; address: what stands there for one outside, else ""; is_external: whether it is declared to lead outside
Relation = namedtuple("Relation", "id kind target address is_external")


def name_relations_part(source: str) -> str:
    """The part that lists the relations of a part, of the package itself for ""."""
    folder, _, name = source.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def find_source(relations_part: str) -> str:
    """The part whose relations stand in `relations_part`; "" for the package itself."""
    folder, _, name = relations_part.removesuffix(".rels").rpartition("/")
    return f"{folder.removesuffix('_rels')}{name}"


def read_relation(attributes: Mapping[str, str], source: str) -> Relation:
    """A relation of `source` from the attributes of its element."""
    relation_id, kind = attributes.get("Id", ""), attributes.get("Type", "").strip().rpartition("/")[2]
    address = attributes.get("Target", "")
    path = address.partition("#")[0]
    is_external = attributes.get("TargetMode", "").lower() == "external"
    if is_external or ":" in path:
        return Relation(relation_id, kind, "", address, is_external)
    return Relation(relation_id, kind, resolve_target(source, path) if path else "", "", False)


def resolve_target(source: str, target: str) -> str:
    """The path in the package that `target` means in the relations of `source`; written with either slash."""
    target = target.replace("\\", "/")
    parts = [] if target.startswith("/") else source.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)

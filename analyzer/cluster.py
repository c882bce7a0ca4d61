"""Messages to templates: masks for what obviously varies, drain3 for the rest.

Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017) sees each masked
message once: only the first row of each shape is masked, only messages that are new are fed, and a table of
full matches in front of the tree answers for those that fit a known template in every constant token.

Messages are fed in the order in which their shapes first occur in the bundle, and a shape keeps the template of its
first row. Ids therefore do not depend on the size of the slices or on the number of workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.shapes import ShapeMap

if TYPE_CHECKING:
    from drain3.drain import Drain
    from numpy.typing import NDArray

PARAM = "<*>"

# One alternation instead of several passes: 2.4 times faster; ASCII classes and word boundaries instead of Unicode's:
# 35 times faster in this one. The most specific forms come first.
_B = r"(?-u:\b)"
_W = "[A-Za-z0-9_-]"
_UNIT = r"(?: ?(?:[KMGT]i?B|[kKMGT]?[Bb]ytes|B)" + _B + r"|%|" + _B + ")"
_MASK = (
    _B + r"[a-z][a-z0-9+]*://[^ \t\"'<>,;\])]+"  # URL
    r"|/?" + _B + r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?" + _B +  # IPv4 with port; Java writes a slash before it
    r"|" + _B + r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}" + _B +  # UUID
    r"|" + _B + r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}" + _B +  # MAC
    r"|" + _B + r"(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}" + _B +  # IPv6
    r"|" + _B + r"(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:?)*"  # IPv6, shortened
    r"|" + _B + r"[A-Za-z]:\\[^ \t\"'<>|,;]*"  # Windows path
    r"|[A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_.+@%~#*$-]+){2,}/?"  # path
    r"|" + _B + r"[A-Za-z]" + _W + r"*(?:\." + _W + r"+)*(?:/[0-9.]+)?:[0-9]{2,5}" + _B +  # host:port
    r"|" + _B + r"[A-Za-z][A-Za-z0-9]*(?:[_~#-][A-Za-z]+)*[_~#-]-?[0-9][A-Za-z0-9_~#.-]*"  # blk_-42, node-17
    r"|" + _B + r"0x[0-9a-fA-F]+"
    r"|" + _B + r"[0-9a-f]{8,}" + _B + r"|" + _B + r"[0-9A-F]{8,}" + _B +  # ids and digests
    r"|[+-]?" + _B + r"[0-9]+(?:[.,:/-][0-9]+)*" + _UNIT +  # numbers, decimals, clocks, versions, sizes
    r"|[0-9]{4,}"
)  # fmt: skip
_ROOT_PATH = r" /[A-Za-z][A-Za-z0-9_.-]*"
# Values side by side are one value: "<*>:<*>", "<*>##<*>", "<*>/<*>".
_RUN = r"<\*>(?:[:/.@#+_~|x-]{1,2}<\*>)+"

# drain3 has no limits of its own.
MAX_TEMPLATES = 20_000
MAX_TOKENS = 120
MAX_CHARACTERS = 2_000
SIMILARITY = 0.75
DEPTH = 5
# Clusters of one node above which words vary that no mask knows, and the threshold from there on; and the number of
# clusters that a node can hold: from there on its last cluster takes all that is new.
CROWDED = 60
CROWDED_SIMILARITY = 0.4
FULL = 150
# Distinct masked messages that are remembered.
MAX_MESSAGES = 100_000


def mask(bodies: pl.Series) -> pl.Series:
    """Messages with addresses, ids and numbers replaced by <*>, cut at MAX_CHARACTERS."""
    longest = bodies.str.len_bytes().max() if len(bodies) else 0
    if isinstance(longest, int) and longest > MAX_CHARACTERS:
        bodies = bodies.str.slice(0, MAX_CHARACTERS)
    # One call of polars: each costs as much as masking a hundred messages.
    masked = pl.col("body").str.replace_all(_MASK, PARAM).str.replace_all(_ROOT_PATH, f" {PARAM}")
    return bodies.alias("body").to_frame().select(masked.str.replace_all(_RUN, PARAM)).to_series()


class Templates:
    """The templates of a bundle, mined as its shapes come.

    `assign` must be called with the shapes of the slices in the order of the bundle.
    """

    def __init__(self) -> None:
        """Start with no template."""
        self._drain = _drain()
        self._known = ShapeMap()
        self._messages: dict[str, int] = {}
        self._table = _FullMatch()

    def assign(
        self, shape_hash: NDArray[np.uint64], code: NDArray[np.int32], masked: Sequence[str]
    ) -> NDArray[np.int32]:
        """The template of each shape.

        Args:
            shape_hash: uint64[k], in order of first occurrence in the slice.
            code: int32[k], which of `masked` each shape has; not looked at for shapes that are known.
            masked: distinct masked messages.

        Returns:
            int32[k] template ids, from 1.
        """
        ids = self._known.get(shape_hash)
        new = np.flatnonzero(ids < 0)
        # In order of first occurrence, each message once.
        messages, first = np.unique(code[new], return_index=True)
        learned = np.zeros(len(masked), np.int32)
        for message in messages[np.argsort(first)].tolist():
            learned[message] = self._learn(masked[message])
        ids[new] = learned[code[new]]
        self._known.put(shape_hash[new], ids[new])
        return ids

    def template(self, template_id: int) -> str:
        """The template as it stands now, with <*> for what varies."""
        return self._table.template(template_id)

    def __len__(self) -> int:
        """The number of templates so far."""
        return len(self._table)

    def _learn(self, message: str) -> int:
        found = self._messages.get(message)
        if found is not None:
            return found
        tokens = message.split(None, MAX_TOKENS)[:MAX_TOKENS]
        template = self._table.find(tokens)
        if template is None:
            if len(self._table) >= MAX_TEMPLATES:
                tokens = [PARAM]  # one template for all the rest
            cluster, _ = self._drain.add_log_message(" ".join(tokens))
            template = int(cluster.cluster_id)
            self._table.enter(template, tuple(cluster.log_template_tokens))
        if len(self._messages) >= MAX_MESSAGES:
            # Counted in distinct messages, so that the size of the slices does not matter.
            self._messages.clear()
        self._messages[message] = template
        return template


def _drain() -> Drain:
    """A drain3 tree that compares what is constant.

    drain3 counts a masked token of a message as different from the same mask in a template, so that messages with
    many values hardly ever look alike; here such a pair does not count at all. And where a node has gathered very
    many clusters, words vary that no mask knows (names, say): there the threshold falls, so that they merge.
    """
    from drain3.drain import Drain as Base

    class Drain(Base):  # type: ignore[misc]
        def get_seq_distance(self, seq1: list[str], seq2: list[str], include_params: bool) -> tuple[float, int]:
            if len(seq1) != len(seq2):
                return 0.0, 0
            equal = params = values = 0
            for known, token in zip(seq1, seq2, strict=True):
                if known == token:
                    equal += 1
                    values += token == PARAM
                elif known == PARAM:
                    params += 1
            constants = len(seq1) - values
            return ((equal - values) / constants if constants else 1.0), params + values

        def fast_match(self, cluster_ids: list[int], tokens: list[str], sim_th: float, include_params: bool) -> object:
            if len(cluster_ids) >= FULL:
                return self.id_to_cluster[cluster_ids[-1]]
            if len(cluster_ids) > CROWDED:
                sim_th = min(sim_th, CROWDED_SIMILARITY)
            return super().fast_match(cluster_ids, tokens, sim_th, include_params)

    return Drain(depth=DEPTH, sim_th=SIMILARITY, param_str=PARAM)


class _FullMatch:
    """Known templates by length and first two tokens: finds the one that a message fits in every constant token."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[object, ...], list[tuple[itemgetter[object], object, int]]] = {}
        self._tokens: dict[int, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def template(self, template_id: int) -> str:
        return " ".join(self._tokens[template_id])

    def find(self, tokens: list[str]) -> int | None:
        size = len(tokens)
        first, second = (*tokens[:2], "", "")[:2]
        # Constant beginnings first: they are the more specific.
        for key in ((size, first, second), (size, first, PARAM), (size, PARAM, second), (size, PARAM, PARAM)):
            for constant, values, template_id in self._buckets.get(key, ()):
                if constant(tokens) == values:
                    return template_id
        return None

    def enter(self, template_id: int, tokens: tuple[str, ...]) -> None:
        old = self._tokens.get(template_id)
        if old == tokens:
            return
        if old is not None:
            bucket = self._buckets.get(_key(old), [])
            bucket[:] = [entry for entry in bucket if entry[2] != template_id]
        self._tokens[template_id] = tokens
        fixed = [i for i, token in enumerate(tokens) if token != PARAM]
        if not fixed:
            return  # fits everything of its length: leave that to the tree
        getter = itemgetter(*fixed)
        self._buckets.setdefault(_key(tokens), []).append((getter, getter(tokens), template_id))


def _key(tokens: tuple[str, ...]) -> tuple[object, ...]:
    return (len(tokens), *(*tokens[:2], "", "")[:2])

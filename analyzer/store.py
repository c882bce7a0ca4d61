"""The tables of a run as Parquet, for polars, DuckDB or Spark: `--save DIR`.

events.parquet/        a folder of parts, schema.EVENTS
templates.parquet      schema.TEMPLATES without what only a report needs
findings.parquet       one row a finding
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analyzer.errors import UsageError
from analyzer.finding import Finding
from analyzer.tally import Tally
from parsers.schema import EVENTS, TEMPLATES, TIME
from parsers.times import NAT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Store:
    """A folder of tables that a run fills."""

    def __init__(self, folder: Path) -> None:
        """Prepare the folder; tables of an earlier run in it are replaced.

        Raises:
            UsageError: it cannot be written.
        """
        self._folder = folder
        self._events = folder / "events.parquet"
        self._count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self._events.is_dir():
                shutil.rmtree(self._events)
            self._events.mkdir()
        except OSError as error:
            raise UsageError(f"--save {folder}: cannot be written: {error.strerror or error}.") from error

    @property
    def folder(self) -> Path:
        """Where the tables are."""
        return self._folder

    def next_part(self) -> Path:
        """The file for the next slice."""
        self._count += 1
        return self._events / f"part-{self._count:05d}.parquet"

    def complete(self, part: Path, template_ids: NDArray[np.int32], first_line: int) -> None:
        """Fill in what only the whole bundle knows: template ids and absolute line numbers."""
        frame = pl.read_parquet(part).with_columns(
            pl.Series("template_id", template_ids).cast(pl.UInt32),
            (pl.col("line_number") + first_line + 1).alias("line_number"),
        )
        frame.select(EVENTS.names()).write_parquet(part, compression="zstd", compression_level=1)

    def finish(self, tally: Tally, sources: Sequence[str], findings: Sequence[Finding]) -> None:
        """Write the small tables."""
        if not any(self._events.iterdir()):
            pl.DataFrame(schema=EVENTS).write_parquet(self.next_part())
        rows = [
            {
                "template_id": template_id,
                "template": tally.templates.template(template_id),
                "severity_number": counts.severity,
                "count": counts.count,
                "first_seen": None if counts.first == NAT else counts.first,
                "last_seen": None if counts.last == NAT else counts.last,
                "source": sources[counts.source],
                "line_number": counts.line,
            }
            for template_id, counts in sorted(tally.counts.items())
        ]
        schema = pl.Schema({**TEMPLATES, "first_seen": pl.Int64(), "last_seen": pl.Int64()})
        templates = pl.DataFrame(rows, schema=schema, orient="row").cast({"first_seen": TIME, "last_seen": TIME})
        templates.write_parquet(self._folder / "templates.parquet")
        _findings(findings).write_parquet(self._folder / "findings.parquet")


def _findings(findings: Sequence[Finding]) -> pl.DataFrame:
    columns: dict[str, pl.DataType | type[pl.DataType]] = {
        "id": pl.String,
        "title": pl.String,
        "severity": pl.String,
        "confidence": pl.Float64,
        "summary": pl.String,
        "count": pl.UInt64,
        "first_seen": TIME,
        "last_seen": TIME,
        "sources": pl.List(pl.String),
        "fingerprint": pl.String,
    }
    rows = [
        (
            finding.rule.id,
            finding.rule.title,
            finding.severity,
            finding.confidence,
            finding.summary,
            finding.count,
            finding.first_seen,
            finding.last_seen,
            list(finding.sources),
            finding.fingerprint,
        )
        for finding in findings
    ]
    return pl.DataFrame(rows, schema=pl.Schema(columns), orient="row")

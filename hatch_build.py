"""Puts the index of the rules into the wheel: `analyze` starts without reading hundreds of YAML files."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RuleIndexHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes the index beside the rules of a wheel; an editable installation reads the rules themselves."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the index to the files of the wheel."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from analyzer import rule_index

        folder = Path(self.root, "rules")
        self._folder = tempfile.TemporaryDirectory()
        index = Path(self._folder.name, rule_index.FILE)
        rule_index.write(folder, sorted(folder.rglob("*.yaml")), index)
        build_data["force_include"][str(index)] = f"analyzer/_rules/{rule_index.FILE}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the wheel."""
        if version != "editable":
            self._folder.cleanup()

"""Job logs of GitHub Actions, Azure Pipelines and GitLab, docker build's output, and Ansible's log."""

from __future__ import annotations

import re
from dataclasses import replace

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..plan import Plan
from ..times import Clock

JOBS = LineFormat(
    name="ci_job",
    title="CI job log (GitHub Actions, Azure Pipelines, GitLab)",
    reference="https://docs.github.com/en/actions/using-workflows/workflow-commands-for-github-actions",
    patterns=(
        r"^(?:[^\t]*\t[^\t]*\t)?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7}Z (?:##\[(?P<severity_text>error|warning|notice|debug)\])?(?P<body>.*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z [0-9]{2}[OE][ +](?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.9,
    samples=(
        Sample(
            "2026-03-14T09:26:53.1234567Z ##[error]Process completed with exit code 1.",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "body": "Process completed with exit code 1.",
            },
        ),
        Sample("2026-03-14T09:26:54.0000001Z ##[group]Run npm ci", {"body": "##[group]Run npm ci"}),
        Sample("2026-03-14T09:26:55.0000002Z ", {"time": "2026-03-14T09:26:55Z", "body": ""}),
        Sample(
            "2026-03-14T09:26:56.123456Z 00O Running with gitlab-runner 16.5.0",
            {"body": "Running with gitlab-runner 16.5.0"},
        ),
    ),
)


class Sections(LineFormat):
    """Lines of a job between the marks of its sections, which are all that has a time."""

    def sniff(self, source: Source) -> float:
        """Certain where sections begin and end."""
        text = "\n".join(head_lines(source))
        return 0.98 if re.search(r"(?m)^section_(?:start|end):1[0-9]{9}:", text) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any line format; each line is a record, with the time of its section."""
        return replace(super().plan(source, clock), loose=True)


GITLAB = Sections(
    name="gitlab_job",
    title="GitLab job log with sections",
    reference="https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections",
    patterns=(
        r"^section_(?:start|end):1[0-9]{9}:[^\r\n]{1,200}?(?:\r|$)(?:section_start:1[0-9]{9}:[^\r\n]{1,200}?\r)?(?P<body>.*)$",
    ),
    times=("gitlab_section",),
    samples=(
        Sample(
            'section_start:1773480413:step_script\r\x1b[0K\x1b[36;1mExecuting "step_script" stage\x1b[0;m',
            {"time": "2026-03-14T09:26:53Z", "body": 'Executing "step_script" stage'},
        ),
        Sample(
            "ERROR: no space left on device",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "body": "ERROR: no space left on device"},
        ),
        Sample(
            "section_end:1773480415:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 1",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 17, "body": "ERROR: Job failed: exit code 1"},
        ),
    ),
)

BUILDKIT = LineFormat(
    name="buildkit",
    title="docker build (BuildKit, --progress=plain)",
    reference="https://docs.docker.com/reference/cli/docker/buildx/build/#progress",
    patterns=(
        r"^#[0-9]+ [0-9]+\.[0-9]+ (?:(?P<severity_text>ERROR|Error|error|WARNING|Warning|warning|WARN): )?(?P<body>.*)$",
        r"^#[0-9]+ (?P<body>(?P<severity_text>ERROR|CANCELED|WARN)\b.*)$",
        r"^#[0-9]+ (?P<body>(?:\[(?:internal|auth|(?:[^\s\]]+ +)*[0-9]+/[0-9]+)\] |DONE |CACHED|sha256:|resolve |extracting |transferring |exporting |naming to |writing |pushing |importing |preparing |sending |loading |\.\.\.).*)$",
    ),
    times=(),
    severity_words={"CANCELED": 13},
    confidence=0.9,
    multiline=False,
    samples=(
        Sample(
            "#0 20.25 error: subprocess-exited-with-error",
            {"severity_number": 17, "body": "subprocess-exited-with-error"},
        ),
        Sample("#12 [stage-1 4/9] RUN npm ci", {"body": "[stage-1 4/9] RUN npm ci"}),
        Sample(
            '#12 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
            {"severity_number": 17},
        ),
        Sample("#7 DONE 0.4s", {"body": "DONE 0.4s"}),
        Sample("#9 CANCELED", {"severity_number": 13}),
    ),
)

ANSIBLE = LineFormat(
    name="ansible",
    title="Ansible",
    reference="https://docs.ansible.com/ansible/latest/reference_appendices/config.html#default-log-path",
    patterns=(
        r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} p=[0-9]+ u=\S+ (?:n=(?P<service_name>\S+) )?(?:[A-Z]+ ?)?\| +)?(?P<body>(?P<severity_text>fatal|failed|unreachable|ok|changed|skipping|included): \[(?P<host_name>[^\]\s]+)[^\]]*\].*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} p=[0-9]+ u=\S+ (?:n=(?P<service_name>\S+) )?(?:(?P<severity_text>[A-Z]+) ?)?\| *(?P<body>.*)$",
        r"^(?P<body>(?:PLAY|TASK|RUNNING HANDLER|PLAY RECAP) (?:\[[^\]]*\] )?\*+)$",
    ),
    times=("iso",),
    severity_words={"fatal": 17, "failed": 17, "unreachable": 17, "ok": 9, "changed": 9, "skipping": 9, "included": 9},
    confidence=0.95,
    samples=(
        Sample(
            "2026-03-14 09:26:53,123 p=4242 u=anna n=ansible | TASK [nginx : install] ****************",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "service_name": "ansible",
                "body": "TASK [nginx : install] ****************",
            },
        ),
        Sample(
            '2026-03-14 09:26:54,001 p=4242 u=anna n=ansible | fatal: [web-1]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh", "unreachable": true}',
            {"severity_number": 17, "host_name": "web-1"},
        ),
        Sample(
            "2026-03-14 09:26:55,002 p=4242 u=anna n=ansible | ok: [web-2] => (item=nginx)",
            {"severity_number": 9, "host_name": "web-2"},
        ),
    ),
)

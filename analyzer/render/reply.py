"""A message to the customer in plain words: what we saw, what it means, what to do, what we need, what happens next.

Every statement has a footnote that names the finding and a line that shows it. Nothing is said that the rules do not
say; where a rule has no words in the language of the message, its English ones are given as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from analyzer.finding import SEVERITIES, Finding, Report, leading
from analyzer.render import Style
from analyzer.render._escape import visible
from analyzer.rule import PlainText, Rule, Step, Translation

# Findings that a customer is told about; more than three are not read.
FINDINGS = 3
QUESTIONS = 4
COMMANDS = 4

# With --format reply; by itself a file that ends so is a report as the terminal shows it.
ALSO = (".txt",)


@dataclass(frozen=True, slots=True)
class _Words:
    """The fixed sentences of a language."""

    hello: str
    thanks: str
    thanks_undated: str
    saw: str
    since: str
    between: str
    within: str
    times: str
    also: str
    means: str
    now: str
    careful: str
    need: str
    run: str
    next: str
    lasting: str
    proof: str
    ask: str
    nothing_known: str
    unknown: str
    no_input: str
    empty: str
    collect: str
    wait: str
    bye: str
    original: str


_EN = _Words(
    hello="Hello,",
    thanks="thank you for {name}. We have looked at what it says about the time from {first} to {last} (UTC).",
    thanks_undated="thank you for {name}. We have looked through it.",
    saw="What we saw",
    since="First seen at {first} (UTC).",
    between="Seen {count}, from {first} to {last} (UTC).",
    within="Seen {count} at {first} (UTC).",
    times="{count:,} times",
    also="We also noticed:",
    means="What it means",
    now="What to do now",
    careful="Please note: {risk}",
    need="What we still need",
    run="{do}. Please run this and send us what it prints:",
    next="What happens next",
    lasting="The steps above make the service work again. So that it does not come back, we suggest the following, and will gladly go through it with you:",
    proof="How we will know that it is solved: {verify}",
    ask="Please answer to this message with what we ask for above, also if a step did not help. We will look at it again and come back to you.",
    nothing_known="We found no sign of a problem that we know of. That does not mean that there is none: it may have left its traces somewhere else, or at another time.",
    unknown="The programs themselves report errors that we do not know yet. A colleague will look at them.",
    no_input="We could not read anything in what you sent, so we cannot say anything about the problem yet. We are sorry for the extra work.",
    empty="What you sent is empty: nothing was recorded in it, so we cannot say anything about the problem yet. We are sorry for the extra work.",
    collect="So that we can help, please send us the following. When did the problem happen, and what did you see?",
    wait="As soon as we have it, we will look at it and come back to you.",
    bye="Kind regards",
    original="",
)
_ZH = _Words(
    hello="您好！",
    thanks="感谢您提供 {name}。我们查看了其中 {first} 至 {last}（UTC）期间的记录。",
    thanks_undated="感谢您提供 {name}。我们已经查看了其中的内容。",
    saw="我们看到的情况",
    since="首次出现：{first}（UTC）。",
    between="共出现 {count}，从 {first} 到 {last}（UTC）。",
    within="在 {first}（UTC）出现 {count}。",
    times="{count:,} 次",
    also="另外还发现：",
    means="这意味着什么",
    now="现在请这样做",
    careful="请注意：{risk}",
    need="我们还需要的信息",
    run="{do}。请运行下面的命令，并把输出发给我们：",
    next="接下来",
    lasting="上面的步骤可以先恢复服务。为了避免问题再次发生，我们建议做以下改进，并很乐意与您一起完成：",
    proof="如何确认问题已解决：{verify}",
    ask="请把上面需要的信息回复给我们；如果某个步骤没有效果，也请告诉我们。我们会再次分析并尽快答复您。",
    nothing_known="我们没有发现已知问题的迹象。但这并不表示没有问题：线索可能在其他文件中，或在其他时间段。",
    unknown="程序自身报告了一些我们尚不了解的错误，同事会进一步分析。",
    no_input="您发来的内容我们无法读取，因此暂时无法判断问题所在。给您添麻烦了，非常抱歉。",
    empty="您发来的文件是空的，里面没有任何记录，因此暂时无法判断问题所在。给您添麻烦了，非常抱歉。",
    collect="为了继续分析，请发送以下内容，并告诉我们：问题是什么时候发生的？您看到了什么现象？",
    wait="收到之后，我们会马上分析并答复您。",
    bye="此致敬礼",
    original="（英文原文）",
)
_WORDS = {"en": _EN, "zh": _ZH}
_COLLECT = (
    "journalctl --since '2 hours ago' --no-pager > journal.txt",
    "tar czf logs.tar.gz /var/log",
)
# While the problem happens; without a name of an interface it may miss the traffic in question.
_CAPTURE = ("tcpdump -i any -w capture.pcap",)


def render(report: Report, style: Style) -> str:
    """The message as plain text, paragraphs of one line each as mail programs expect them."""
    writer = _Writer(report, style.language)
    return "\n".join(writer.lines()).rstrip() + "\n"


class _Writer:
    def __init__(self, report: Report, language: str) -> None:
        self._report = report
        self._language = language
        self._words = _WORDS[language]
        self._told = _leading(report.findings)

    def lines(self) -> Iterator[str]:
        words = self._words
        yield words.hello
        yield ""
        if not any(entry.was_read for entry in self._report.coverage):
            yield words.empty if _all_empty(self._report) else words.no_input
            yield ""
            yield from self._collect()
        else:
            yield self._thanks()
            yield ""
            yield from self._findings() if self._told else self._nothing()
        yield words.bye
        if self._told:
            yield ""
            yield from (self._footnote(number, finding) for number, finding in enumerate(self._told, 1))

    def _thanks(self) -> str:
        firsts = [entry.first_seen for entry in self._report.coverage if entry.first_seen]
        lasts = [entry.last_seen for entry in self._report.coverage if entry.last_seen]
        name = visible(self._report.bundle.name)
        if not firsts or not lasts:
            return self._words.thanks_undated.format(name=name)
        return self._words.thanks.format(name=name, first=_minute(min(firsts)), last=_minute(max(lasts)))

    def _nothing(self) -> Iterator[str]:
        words = self._words
        yield words.unknown if self._report.unknown else words.nothing_known
        yield ""
        yield from self._collect()

    def _collect(self) -> Iterator[str]:
        yield self._words.collect
        yield ""
        captured = any(entry.parser == "capture" for entry in self._report.coverage)
        yield from (f"    {command}" for command in (*_COLLECT, *(_CAPTURE if captured else ())))
        yield ""
        yield self._words.wait
        yield ""

    def _findings(self) -> Iterator[str]:
        words = self._words
        yield from _heading(words.saw)
        for number, finding in enumerate(self._told, 1):
            if number == 2:
                yield words.also
            space = " " if self._language == "en" else ""
            yield f"- {self._plain(finding.rule)}{space}{self._when(finding)} [{number}]"
        yield ""
        yield from _heading(words.means)
        for number, finding in enumerate(self._told, 1):
            if impact := self._impact(finding.rule):
                yield f"- {impact} [{number}]"
        yield ""
        yield from self._now()
        yield from self._need()
        yield from self._next()

    def _plain(self, rule: Rule) -> str:
        own, english = _in_plain_words(rule.plain, self._language)
        return own or (english or _sentence(rule.title)) + self._words.original

    def _impact(self, rule: Rule) -> str:
        own, english = _in_plain_words(rule.plain.impact if rule.plain else None, self._language)
        english = english or _flat(rule.impact or "")
        return own or (english and english + self._words.original)

    def _when(self, finding: Finding) -> str:
        words = self._words
        first, last = finding.first_seen, finding.last_seen
        if first is None or last is None:
            return ""
        if finding.count == 1:
            return words.since.format(first=_minute(first))
        if _minute(first) == _minute(last):
            return words.within.format(count=words.times.format(count=finding.count), first=_minute(first))
        return words.between.format(
            count=words.times.format(count=finding.count), first=_minute(first), last=_minute(last)
        )

    def _now(self) -> Iterator[str]:
        steps: list[str] = []
        risks: list[str] = []
        for number, finding in enumerate(self._told, 1):
            rule = finding.rule
            steps += [f"{step} [{number}]" for step in self._each(rule, "steps", rule.steps("temporary"))]
            told = zip(self._each(rule, "risks", rule.risks()), rule.risks(), strict=True)
            risks += [f"{_sentence(risk)} [{number}]" for risk, english in told if not _is_none(english)]
        if not steps:
            return
        yield from _heading(self._words.now)
        yield from (f"{place}. {step}" for place, step in enumerate(steps, 1))
        yield from (self._words.careful.format(risk=risk) for risk in risks)
        yield ""

    def _need(self) -> Iterator[str]:
        questions: list[str] = []
        commands: list[tuple[str, str]] = []
        for number, finding in enumerate(self._told, 1):
            rule = finding.rule
            questions += [f"{text} [{number}]" for text in self._each(rule, "questions", rule.questions)]
            does = self._each(rule, "diagnose", [step.do for step in rule.diagnose])
            commands += [
                (f"{self._words.run.format(do=do.removesuffix('.').removesuffix('。'))} [{number}]", step.run or "")
                for do, step in zip(does, rule.diagnose, strict=True)
                if _safe(step)
            ]
        asked: list[tuple[str, str]] = [(text, "") for text in dict.fromkeys(questions)][:QUESTIONS]
        asked += list(dict.fromkeys(commands))[:COMMANDS]
        if not asked:
            return
        yield from _heading(self._words.need)
        for place, (text, command) in enumerate(asked, 1):
            yield f"{place}. {text}"
            if command:
                yield ""
                yield from (f"       {line}" for line in command.strip().splitlines())
                yield ""
        yield ""

    def _next(self) -> Iterator[str]:
        rule = self._told[0].rule
        yield from _heading(self._words.next)
        if lasting := self._each(rule, "lasting", rule.steps("permanent")):
            yield self._words.lasting
            yield from (f"- {step} [1]" for step in lasting)
        if proof := self._verify(rule):
            yield f"{self._words.proof.format(verify=proof)} [1]"
        yield self._words.ask
        yield ""

    def _each(self, rule: Rule, part: str, originals: Sequence[str]) -> list[str]:
        """Sentences of a rule in the language of the message; the English ones where there are none."""
        translation = self._translation(rule)
        own: Sequence[str] = getattr(translation, part) if translation else ()
        if own:
            return [_flat(text) for text in own]
        # As they are: many end on a command that is to be pasted.
        return [_flat(text) + self._words.original for text in originals]

    def _verify(self, rule: Rule) -> str:
        translation = self._translation(rule)
        if translation and translation.verify:
            return _flat(translation.verify)
        return _sentence(rule.verify) + self._words.original if rule.verify else ""

    def _translation(self, rule: Rule) -> Translation | None:
        return rule.translations.get("zh") if self._language == "zh" else None

    def _footnote(self, number: int, finding: Finding) -> str:
        place = ""
        if finding.evidence:
            evidence = finding.evidence[0]
            place = f", {visible(evidence.source)}{evidence.place}"
        return f"[{number}] {finding.rule.id}{place}"


def _leading(findings: Sequence[Finding]) -> list[Finding]:
    """What a customer is told: the worst findings, without those that others explain."""
    grave = [finding for finding in findings if SEVERITIES.index(finding.severity) <= SEVERITIES.index("medium")]
    return leading(grave or findings)[:FINDINGS]


def _all_empty(report: Report) -> bool:
    """Whether every file could be read and has nothing in it."""
    empty = {problem.source for problem in report.problems if problem.kind == "empty"}
    files = report.coverage
    return bool(files) and all(entry.bytes == 0 or entry.source in empty for entry in files)


def _safe(step: Step) -> bool:
    """Whether a step is one that a customer can be asked to run: it has a command, and no name to be filled in."""
    return step.run is not None and not any(word.isupper() and len(word) > 2 for word in step.run.split())


def _heading(text: str) -> list[str]:
    return [text, "=" * sum(2 if ord(char) > 0x2E80 else 1 for char in text), ""]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _in_plain_words(plain: PlainText | None, language: str) -> tuple[str, str]:
    """What a rule says to customers in a language, and in English; empty where it says nothing."""
    own = getattr(plain, language, None) if plain else None
    english = plain.en if plain else None
    return _flat(own or ""), _flat(english or "")


def _is_none(risk: str) -> bool:
    return _flat(risk).rstrip(".").lower() == "none"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    flat = _flat(text)
    return flat if flat.endswith((".", "!", "?", ":", ";", "。", "？", "）")) else flat + "."

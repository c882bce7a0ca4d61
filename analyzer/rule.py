"""A rule: what to look for in the records, and what to tell people about it.

    Rule ── Detection ── Selection ── TextItem | NumberItem | ExistsItem
      │         └─ condition: And | Or | Not | Name
      ├─ Correlation ── Threshold
      ├─ Plain, AppliesTo
      ├─ Step (diagnose), Fix (fixes)
      └─ Examples ── Example

A rule that a user brings needs id, title, severity and detection. A rule of the `rules/` folder needs
everything: `missing_parts` of rule_faults.py names what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from analyzer.detection import FIELDS, Detection, DetectionError, Path, parse_detection

Severity = Literal["critical", "high", "medium", "low", "info"]
Category = Literal["hardware", "software", "network", "configuration", "security", "capacity", "data"]
FixKind = Literal["temporary", "permanent"]
CorrelationType = Literal["event_count", "value_count", "temporal", "temporal_ordered", "absence"]

_COUNTING: Final = ("event_count", "value_count")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TIMESPAN: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")


def rule_error(message: str, at: Path = (), offset: int | None = None) -> PydanticCustomError:
    """Build the error of a validator: `at` leads from the validated value to the key or value at fault."""
    return PydanticCustomError("rule", "{message}", {"message": message, "at": at, "offset": offset})


def _detection(value: object) -> Detection:
    try:
        return parse_detection(value)
    except DetectionError as error:
        raise rule_error(str(error), error.at, error.offset) from error


def _timespan(value: object) -> timedelta:
    match = _TIMESPAN.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise rule_error(f"'{value}' is not a timespan: write a number and s, m, h or d, such as 30s or 5m", offset=0)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _example(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\r\n]*$")]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]


class _Part(BaseModel):
    """What every part of a rule has in common: it cannot change, and it knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AppliesTo(_Part):
    """The product that a rule is about; `versions` is for people and is not interpreted."""

    product: Line
    versions: Line | None = None


class PlainText(_Part):
    """A text without jargon, in English and in Simplified Chinese."""

    en: Text | None = None
    zh: Text | None = None


class Plain(PlainText):
    """The finding for a customer.

    Attributes:
        en, zh: what was seen.
        impact: what it means for the people who depend on it.
    """

    impact: PlainText = PlainText()

    def whole(self, language: Literal["en", "zh"]) -> str:
        """What was seen and what it means, as one text; empty where the rule has none in this language."""
        seen, impact = (self.en, self.impact.en) if language == "en" else (self.zh, self.impact.zh)
        return (" " if language == "en" else "").join(text for text in (seen, impact) if text)


class Translation(_Part):
    """What a customer reads of a rule beside `plain`, in another language; lists are one for one and in their order.

    Attributes:
        title: of the rule.
        steps: those of its temporary fixes.
        risks: those of its temporary fixes that have one.
        lasting: the steps of its permanent fixes.
        verify: of the rule.
        questions: those of the rule.
        diagnose: the `do` of its diagnose steps.
    """

    title: Line | None = None
    steps: tuple[Text, ...] = ()
    risks: tuple[Text, ...] = ()
    lasting: tuple[Text, ...] = ()
    verify: Text | None = None
    questions: tuple[Text, ...] = ()
    diagnose: tuple[Text, ...] = ()


class Step(_Part):
    """One step of a diagnosis: what to do, the command for it, what a healthy system shows."""

    do: Text
    run: Text | None = None
    expect: Text | None = None


class Fix(_Part):
    """One way out: temporary (the service works again) or permanent (it does not come back)."""

    kind: FixKind
    steps: tuple[Text, ...] = Field(min_length=1)
    risk: Text | None = None
    rollback: Text | None = None
    downtime: Text | None = None
    data_loss: Text | None = None


class Example(_Part):
    """Lines as a program prints them, one record or several, or a packet capture.

    Attributes:
        text: the lines.
        source: the name of their file, when it matters.
        capture: path of a capture file, relative to the rule file; instead of `text`.
    """

    text: str = ""
    source: Line | None = None
    capture: Line | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.text) == (self.capture is not None):
            raise rule_error("an example is either a text or a capture: write one of the two")
        return self

    def __str__(self) -> str:
        """The example in a few words."""
        return self.capture or self.text.strip().splitlines()[0]


class Examples(_Part):
    """Proof of the detection: excerpts it must find, and similar ones it must leave alone."""

    match: tuple[Annotated[Example, BeforeValidator(_example)], ...] = ()
    no_match: tuple[Annotated[Example, BeforeValidator(_example)], ...] = ()


class Threshold(_Part):
    """The number that a counting correlation is compared with; exactly one comparison.

    Attributes:
        field: what `value_count` counts the distinct values of: a field or a named group.
    """

    gte: int | None = Field(default=None, ge=0)
    gt: int | None = Field(default=None, ge=0)
    lte: int | None = Field(default=None, ge=0)
    lt: int | None = Field(default=None, ge=0)
    eq: int | None = Field(default=None, ge=0)
    field: str | None = None

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        written = [value for value in (self.gte, self.gt, self.lte, self.lt, self.eq) if value is not None]
        if len(written) != 1:
            raise rule_error("write exactly one of gte, gt, lte, lt and eq, such as {gte: 10}")
        return self

    def least(self) -> int:
        """The smallest count that can satisfy the comparison."""
        if self.gt is not None:
            return self.gt + 1
        return self.gte if self.gte is not None else self.eq or 0

    def holds(self, count: int) -> bool:
        """Whether a count satisfies the comparison."""
        return (
            (self.gte is not None and count >= self.gte)
            or (self.gt is not None and count > self.gt)
            or (self.lte is not None and count <= self.lte)
            or (self.lt is not None and count < self.lt)
            or (self.eq is not None and count == self.eq)
        )


def alternatives(entry: str) -> list[str]:
    """The names that an entry of the `rules` of a correlation holds: "a.b | c.d"."""
    return [name.strip() for name in entry.split("|")]


class Correlation(_Part):
    """How several records make one finding (https://sigmahq.io/docs/meta/correlations.html).

    Attributes:
        type: `event_count` and `value_count` count the records that the detection finds; `temporal` wants a
            record of each of `rules` within the timespan, `temporal_ordered` in that order; `absence`
            wants a record of the first with none of the second in the timespan after it.
        rules: names of selections of this rule, or ids of other rules; "a.b | c.d" takes the records of several.
        group_by: fields or named groups; records are correlated only when they agree in all of them.
        timespan: length of the sliding window.
        condition: of the counting types only.
    """

    type: CorrelationType
    rules: tuple[str, ...] = ()
    group_by: tuple[str, ...] = Field(default=(), alias="group-by")
    timespan: Annotated[timedelta, PlainValidator(_timespan)]
    condition: Threshold | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type in _COUNTING:
            self._check_counting()
        elif self.condition:
            raise rule_error(f"'{self.type}' takes no condition: remove it", ("condition",))
        elif self.type == "absence" and len(self.rules) != 2:
            raise rule_error("'absence' needs two rules: what happened, and what should have followed", ("rules",))
        elif len(self.rules) < 2:
            raise rule_error(f"'{self.type}' needs the names of two selections or more", ("rules",))
        return self

    def others(self) -> tuple[str, ...]:
        """The ids of the other rules whose records it takes."""
        return tuple(name for entry in self.rules if "." in entry for name in alternatives(entry))

    def _check_counting(self) -> None:
        if self.rules:
            raise rule_error(f"'{self.type}' counts what the detection finds: remove 'rules'", ("rules",))
        if not self.condition:
            raise rule_error(f"'{self.type}' needs a condition such as {{gte: 10}}", ("type",))
        if self.type == "value_count" and not self.condition.field:
            raise rule_error("'value_count' needs the field whose values it counts", ("condition",))
        if self.type == "event_count" and self.condition.field:
            raise rule_error("'event_count' counts records: remove 'field', or use value_count", ("condition", "field"))


class Rule(_Part):
    """One fault that the analyzer knows.

    Texts are for people and may have several lines. `explains` names the rules whose findings are part of
    this fault or follow from it: they may fire on the same lines, and are shown behind it. A rule that is a `symptom`
    says that something failed, not why: any fault that shows in the same file explains it. A correlation of type
    temporal, temporal_ordered or absence names the selections itself; `detection.condition` then says nothing
    and may be None.
    """

    id: RuleId
    title: Line
    severity: Severity
    category: Category | None = None
    component: Line | None = None
    tags: tuple[Line, ...] = ()
    applies_to: AppliesTo | None = None
    detection: Annotated[Detection, PlainValidator(_detection)]
    correlation: Correlation | None = None
    explains: tuple[RuleId, ...] = ()
    symptom: bool = False
    cause: Text | None = None
    impact: Text | None = None
    plain: Plain | None = None
    translations: Mapping[Literal["zh"], Translation] = Field(default_factory=dict)
    diagnose: tuple[Step, ...] = ()
    fixes: tuple[Fix, ...] = ()
    verify: Text | None = None
    prevent: Text | None = None
    questions: tuple[Text, ...] = ()
    references: tuple[Text, ...] = ()
    examples: Examples = Examples()

    @model_validator(mode="before")
    @classmethod
    def _default_detection(cls, value: Any) -> Any:
        """Let a rule that only correlates other rules go without a detection."""
        if isinstance(value, dict) and "detection" not in value and _correlates_rules_only(value.get("correlation")):
            return {**value, "detection": {}}
        return value

    @model_validator(mode="after")
    def _detection_fits_correlation(self) -> Self:
        names_itself = self.correlation is not None and self.correlation.type not in _COUNTING
        if not names_itself and self.detection.condition is None:
            raise rule_error(
                "the detection has several selections and no condition: say how they combine"
                if self.detection.selections
                else 'the detection has no selection: add one such as {body|contains: "some text"}',
                ("detection",),
            )
        if self.correlation:
            self._check_rules(self.correlation)
            self._check_fields(self.correlation)
        return self

    @model_validator(mode="after")
    def _translated_one_for_one(self) -> Self:
        own = {
            "steps": self.steps("temporary"),
            "risks": self.risks(),
            "lasting": self.steps("permanent"),
            "questions": self.questions,
            "diagnose": self.diagnose,
        }
        for language, translation in self.translations.items():
            for part, originals in own.items():
                count = len(getattr(translation, part))
                if count not in (0, len(originals)):
                    message = f"'{part}' has {count} entries, the rule has {len(originals)}: translate them one for one"
                    raise rule_error(message, ("translations", language, part))
        return self

    def steps(self, kind: FixKind) -> list[str]:
        """The steps of its fixes of a kind."""
        return [step for fix in self.fixes if fix.kind == kind for step in fix.steps]

    def risks(self) -> list[str]:
        """What may go wrong with its temporary fixes."""
        return [fix.risk for fix in self.fixes if fix.kind == "temporary" and fix.risk]

    def _check_rules(self, correlation: Correlation) -> None:
        if correlation.type in _COUNTING:
            return
        selections = self.detection.selections
        if len(selections) > 1 and self.detection.condition:
            message = f"'{correlation.type}' names its selections in 'rules': remove the condition"
            raise rule_error(message, ("detection", "condition"))
        for index, name in enumerate(correlation.rules):
            if "." not in name and name not in selections:
                message = f"no selection of the detection is called '{name}'"
                raise rule_error(message, ("correlation", "rules", index), 0)
        for name in selections:
            if name not in correlation.rules:
                message = f"the correlation does not use the selection '{name}': use it or remove it"
                raise rule_error(message, ("detection", name))

    def _check_fields(self, correlation: Correlation) -> None:
        known = FIELDS.keys() | self.detection.named_groups()
        for index, name in enumerate(correlation.group_by):
            if name not in known and all("." not in rule for rule in correlation.rules):
                raise rule_error(_no_field(name), ("correlation", "group-by", index), 0)
        counted = correlation.condition.field if correlation.condition else None
        if counted and counted not in known:
            raise rule_error(_no_field(counted), ("correlation", "condition", "field"), 0)

    def literals(self) -> Iterator[str]:
        """Return the plain texts that its detection looks for in the body of a record."""
        return self.detection.literals()


def _no_field(name: str) -> str:
    return f"'{name}' is neither a field nor a named group (?P<{name}>...) of the detection"


def _correlates_rules_only(correlation: object) -> bool:
    rules = correlation.get("rules") if isinstance(correlation, dict) else None
    return isinstance(rules, (list, tuple)) and bool(rules) and all("." in str(rule) for rule in rules)

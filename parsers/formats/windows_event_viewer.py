"""Events as the Windows Event Viewer copies them: a label a line, in the language of the system."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .. import severity
from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import CRITICAL, ERROR, INFO, WARN

# What Windows 2003 begins an event with: its level.
_TYPES = (
    "event type|ereignistyp|type de l'événement|type d'événement|tipo de evento|tipo de suceso"
    "|tipo evento|тип события|事件类型|イベントの種類|이벤트 형식"
)
# The labels of "Copy details as text" and of its predecessor (Windows 2003) in the languages of Windows.
_LABELS = {
    "log": "log name|protokollname|nom du journal|nombre de registro|nome do log|nome registro|имя журнала|日志名称"
    "|記錄檔名稱|ログの名前|로그 이름|nazwa dziennika|logboeknaam|loggnamn|günlük adı",
    "level": "level|ebene|niveau|nivel|nível|livello|уровень|级别|等級|レベル|수준|poziom|nivå|düzey|" + _TYPES,
    "source": "source|event source|quelle|ereignisquelle|origen|origen del evento|origen de evento|origen del suceso|fonte|origine"
    "|источник|подача|来源|事件来源|來源|ソース|イベント ソース|원본|이벤트 원본|źródło|bron|källa|kaynak|source de l'événement",
    "id": "event id|ereignis-id|ereigniskennung|id de l'événement|id d'événement|id. del evento|id. de evento|id. suceso"
    "|identificação do evento|id do evento|id evento|код события|事件 id|事件id|事件識別碼|イベント id|이벤트 id"
    "|identyfikator zdarzenia|gebeurtenis-id|händelse-id|olay kimliği",
    "date": "date|datum|fecha|data|дата|日期|日付|날짜|tarih",
    "time": "time|uhrzeit|zeit|heure|hora|ora|время|时间|時間|時刻|시간|godzina|tijd",
    "host": "computer|computador|ordinateur|equipo|компьютер|计算机|電腦|コンピューター|コンピュータ|컴퓨터|komputer|dator|bilgisayar",
    "text": "description|beschreibung|descripción|descrição|descrizione|описание|描述|説明|설명|opis|beschrijving|beskrivning|açıklama",
    "rest": "event xml|ereignis-xml|xml d'événement|xml de l'événement|xml de evento|xml del evento|xml do evento|xml evento"
    "|xml события|事件 xml|イベント xml|이벤트 xml",
    # Labels whose values say nothing to people.
    "other": "task category|aufgabenkategorie|catégorie de la tâche|catégorie de tâche|categoría de la tarea|categoría de tarea"
    "|categoria da tarefa|categoria attività|категория задачи|任务类别|工作類別|タスクのカテゴリ|작업 범주|keywords|schlüsselwörter"
    "|mots clés|mots-clés|palabras clave|palavras-chave|parole chiave|ключевые слова|关键字|關鍵字|キーワード|키워드|user|benutzer"
    "|utilisateur|usuario|usuário|utente|пользователь|用户|使用者|ユーザー|사용자|event category|ereigniskategorie"
    "|categoría del evento|категория события|事件种类|イベント カテゴリ|opcode|opcode-wert",
}
_MEANING = {label: meaning for meaning, labels in _LABELS.items() for label in labels.split("|")}
# Only these labels are nowhere but at the start of an event.
_FIRST = frozenset([*_LABELS["log"].split("|"), *_TYPES.split("|")])
_LEVELS = {
    word: number
    for number, words in (
        (CRITICAL, "kritisch critique crítico critico критический критическая 严重 重大 위험 krytyczny kritiek"),
        (ERROR, "erro errore 錯誤 błąd fout fel hata"),
        (WARN, "avertissement avviso предупреждение 警告 경고 ostrzeżenie waarschuwing varning uyarı"),
        (
            INFO,
            "informationen informations información informações informazioni сведения информация 信息 資訊 情報 정보 informacje",
        ),
    )
    for word in words.split()
}
_LABEL = re.compile(r"^[>\s*|]{0,8}([^\s:：>*|][^:：]{0,40}?)\s*[:：]\s*(.*)$")
_MORE = re.compile(r"^For more information, see Help and Support Center at|^Data:$")
# Dates with the year ahead or with dots, which only some languages write, and their halves of the day.
_DATE = re.compile(
    r"(?:([0-9]{4})[-/.] ?([0-9]{1,2})[-/.] ?([0-9]{1,2})\.?|([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}))"
    r" +(?:(上午|午前|오전)|(下午|午後|오후))? ?([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
)
# wevtutil writes the same labels behind a line of its own.
_WEVTUTIL = re.compile(r"^Event\[[0-9]+\]")
# An event has some lines; a file of other things that quotes one is none of events.
_LINES_AN_EVENT = 250


def _label(line: str) -> tuple[str, str, str]:
    """What a line is a label of ("" if of nothing known), the label in small letters, and what follows it."""
    match = _LABEL.match(line)
    if match is None:
        return "", "", ""
    name = match[1].lower().replace("’", "'").replace("\xa0", " ")
    return _MEANING.get(name, ""), name, match[2].strip()


@dataclass(frozen=True)
class EventViewer(RecordFormat):
    """Blocks of labels; what stands behind the last one is the message."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins an event."""
        return _label(line)[1] in _FIRST

    def sniff(self, source: Source) -> float:
        """The share of blocks that name a source and an id or a date."""
        lines = head_lines(source, 600)
        found = list(self._blocks(lines))
        if (
            any(map(_WEVTUTIL.match, lines))
            or not found
            or found[0][0] > max(20, len(lines) // 3)
            or len(lines) > _LINES_AN_EVENT * len(found)
        ):
            return 0.0
        hits = sum("source" in event and ("id" in event or "date" in event) for _, event in found)
        return 0.985 * hits / len(found)

    def records(self, lines: Sequence[str]) -> Records:
        """Each event is a record; lines ahead of the first one are records of their own."""
        found = Records()
        events = list(self._blocks(lines))
        for at, line in enumerate(lines[: events[0][0] if events else len(lines)]):
            if line.strip():
                found.add(at, line.strip())
            else:
                found.skipped += 1
        for at, event in events:
            body = event.get("text", "")
            time = _plain_date(f"{event.get('date', '')} {event.get('time', '')}".strip()) or None
            word = event.get("level", "").lower()
            fields = {
                "host_name": event.get("host"),
                "service_name": event.get("source"),
                "scope_name": event.get("log"),
            }
            number = _LEVELS.get(word) or severity.number(word.split()[0] if word else None)
            found.add(at, f"Event {event.get('id', '?')}: {body}", time, number, fields=fields)
        return found

    def _blocks(self, lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Each event with the number of its first line: the values of its labels by their meaning."""
        begins = [at for at, line in enumerate(lines) if self.starts_record(line)]
        for place, first in enumerate(begins):
            end = begins[place + 1] if place + 1 < len(begins) else len(lines)
            yield first, _event(lines[first:end])


def _plain_date(text: str) -> str:
    """A date in the order of ISO 8601 where its order is plain; as it is where it is not (1/2/2026)."""
    match = _DATE.search(text)
    if match is None:
        return text
    year, month, day = match[1] or match[6], match[2] or match[5], match[3] or match[4]
    hour = int(match[9]) % 12 + 12 * bool(match[8]) if match[7] or match[8] else int(match[9])
    return f"{year}-{month:0>2}-{day:0>2} {hour:02}:{match[10]}:{match[11]}"


def _event(lines: Sequence[str]) -> dict[str, str]:
    """The values of the labels of an event by their meaning; "text" is its message."""
    event: dict[str, str] = {}
    text: list[str] = []
    described = False
    for line in lines:
        meaning, _, value = _label(line)
        if meaning == "rest" or _MORE.match(line):
            break
        if described or not meaning or (meaning in event and meaning != "other"):
            text.append(line.strip())
        elif meaning == "text":
            described = True
            text.append(value)
        else:
            event[meaning] = value
    event["text"] = "\n".join(text).strip()
    return event


FORMAT = EventViewer(
    name="windows_event_viewer",
    title="Windows events copied from the Event Viewer",
    reference="https://learn.microsoft.com/en-us/shows/inside/event-viewer",
    samples=(
        Sample(
            "Log Name: System\nSource:        Service Control Manager\nDate:          3/14/2026 9:26:53 AM\nEvent ID:      7031\nTask Category: None\nLevel:         Error\nKeywords:      Classic\nUser:          N/A\nComputer:      web-1.example.com\nDescription:\nThe shop service terminated unexpectedly.\nEvent Xml:\n<Event/>",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "host_name": "web-1.example.com",
                "service_name": "Service Control Manager",
                "scope_name": "System",
                "body": "Event 7031: The shop service terminated unexpectedly.",
            },
        ),
        Sample(
            "Log Name:      System\nSource:        Microsoft-Windows-Kernel-Power\nDate:          3/14/2026 9:26:54 AM\n"
            "Event ID:      41\nTask Category: (63)\nLevel:         Critical\nKeywords:      (70368744177664),(2)\n"
            "User:          SYSTEM\nComputer:      DB-1\nDescription:\n"
            'The system has rebooted without cleanly shutting down first.\nEvent Xml:\n<Event xmlns="x">\n</Event>',
            {"severity_number": 18, "body": "Event 41: The system has rebooted without cleanly shutting down first."},
        ),
        Sample(
            "Event Type:\tWarning\nEvent Source:\tW3SVC\nEvent Category:\tNone\nEvent ID:\t1009\nDate:\t\t3/14/2026\nTime:\t\t9:26:54 AM\nUser:\t\tN/A\nComputer:\tIIS-1\nDescription:\nA process serving application pool 'shop' terminated unexpectedly.\n\nFor more information, see Help and Support Center at http://go.microsoft.com/fwlink/events.asp.",
            {
                "time": "2026-03-14T09:26:54Z",
                "severity_number": 13,
                "service_name": "W3SVC",
                "body": "Event 1009: A process serving application pool 'shop' terminated unexpectedly.",
            },
        ),
        Sample(
            "Protokollname: System\nQuelle:        Disk\nDatum:         14.03.2026 09:26:55\nEreignis-ID:   7\nAufgabenkategorie:Keine\nEbene:         Fehler\nBenutzer:      Nicht zutreffend\nComputer:      db-1\nBeschreibung:\nFehlerhafter Block bei Gerät \\Device\\Harddisk0\\DR0.",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 17, "host_name": "db-1", "service_name": "Disk"},
        ),
        Sample(
            "日志名称:          System\n来源:            Service Control Manager\n日期:            2026/3/14 9:26:56\n事件 ID:         7000\n任务类别:          无\n级别:            错误\n用户:            暂缺\n计算机:           web-1\n描述:\n由于下列错误，shop 服务启动失败。",
            {
                "time": "2026-03-14T09:26:56Z",
                "severity_number": 17,
                "host_name": "web-1",
                "body": "Event 7000: 由于下列错误，shop 服务启动失败。",
            },
        ),
    ),
)

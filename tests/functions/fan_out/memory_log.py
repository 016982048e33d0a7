"""The message log in memory, by the conditions of DynamoDB's."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.message_log import Entry
from domain.model import AsSpeaker, RequestRecord, Session, Status
from domain.ports import Part
from tests.functions.memory import Memory


@dataclass
class MemoryMessageLog:
    """Beside the other stores, in whose lock it writes."""

    memory: Memory
    kept: dict[tuple[str, str, int], Entry] = field(default_factory=dict[tuple[str, str, int], Entry])

    def append(self, entry: Entry, *, to: Session, by: AsSpeaker, request: RequestRecord | None) -> None:
        with self.memory.step("log.append") as checks:
            there = self.memory.sessions.get(entry.session_id)
            checks.session(entry.session_id, by, entry.published_at)
            same = there is not None and (there.head, there.epoch) == (to.head, entry.epoch)
            checks.need(Part.SESSION, same and there is not None and there.status is Status.ACTIVE, there)
            checks.request(request)
            checks.or_refuse()
            assert there is not None
            self.memory.sessions[entry.session_id] = replace(
                there, head=entry.offset, rate_window=to.rate_window, rate_count=to.rate_count
            )
            self.kept[entry.session_id, entry.epoch, entry.offset] = entry
            checks.note(request)

    def request(self, key: str) -> RequestRecord | None:
        with self.memory.step("log.request"):
            return self.memory.requests.get(key)

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        with self.memory.step("log.at"):
            keys = [(session_id, epoch, offset) for offset in offsets]
            return [self.kept[key] for key in keys if key in self.kept]

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        return self.at(session_id, epoch, range(first, last + 1))

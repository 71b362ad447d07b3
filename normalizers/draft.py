"""A form while it is being read: what its cells stated so far, and where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from normalizers.grid import Slot
from normalizers.ledger import Ledger, Source, keep
from normalizers.money import Unit
from schema.records import Basic, Contacts, Form, Fund, Goal, Indicator, Management, Task

# Precedence of the places that state a head field: a cell of the form's own table before a line beside it.
IN_TABLE, TOTAL_ROW, BESIDE = 3, 2, 1

Value = str | int | Decimal | date
# Fields of which a form makes one statement, and what another one is kept as.
_AGAIN = {"unit": "单位", "fiscal_year": "年度", "project": "项目名称", "self_score": "总分"}
_CONTACTS = {"prepared_by", "phone", "leader"}
TRANSFERRED = {"中央主管部门", "中央财政主管部门"}  # who passed the money on
_CLOSING = {*_CONTACTS, "reported_on", "self_score", "grade"}  # what stands below a whole table


@dataclass(slots=True)
class _Stated:
    value: Value
    rank: int
    source: Source
    label: str
    recognised: str | None = None  # why it is that field, where its label is not known as written


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that should be a figure. where: the path of its value; name: the row's; why: what is wrong with it."""

    where: str
    name: str
    raw: str
    why: str = "不是数字"


@dataclass(slots=True)
class Draft:
    """One form in the making; index is its place in the submission, from 0."""

    index: int
    ledger: Ledger
    title: str | None = None
    kind: str | None = None
    titled_by: str = ""  # the title with its year, for the fiscal year
    caption: str = ""  # what stands over its table, where it has no title
    unit: Unit | None = None  # of the form's money, where a line or its head states one
    head: dict[str, _Stated] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    funds: list[Fund] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    management: list[Management] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    indicators: list[Indicator] = field(default_factory=list)
    headings: tuple[str, ...] = ()  # of the last indicator block
    groups: dict[str, Slot] = field(default_factory=dict)  # level 1 and 2 of its last row
    basics: list[Basic] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    twice: list[tuple[str, str, str]] = field(default_factory=list)  # field, first and second statement
    outline: list[tuple[str, str, str | None]] = field(default_factory=list)  # block, heading, field
    confirmed: str | None = None  # the layout that people confirmed and by which it is read
    read: set[str] = field(default_factory=set)  # the kinds of block seen
    unsure: list[int] = field(default_factory=list)  # funds whose unit of money nothing states
    closed: bool = False  # a total row, a total or a signature came after the indicators

    @property
    def path(self) -> str:
        return f"forms[{self.index}]"

    def put(
        self,
        name: str,
        value: Value | None,
        source: Source,
        rank: int = IN_TABLE,
        label: str = "另一处总分",
        recognised: str | None = None,
    ) -> None:
        """States a head field; the first statement of the highest rank stands, other totals go to extra
        under their own label."""
        if name in _CLOSING and self.indicators:
            self.closed = True
        if value is None:
            self.ledger.ornament(source)
            return
        before = self.head.get(name)
        if before is None or rank > before.rank:
            self.head[name] = _Stated(value, rank, source, label, recognised)
            if before is not None:
                self._also(name, before)
        elif before.source.origin != source.origin or before.value != value:
            self._also(name, _Stated(value, rank, source, label))

    def _also(self, name: str, stated: _Stated) -> None:
        """A second statement: another total is kept beside, one that differs is told as such."""
        first = self.head[name]
        if name == "self_score":
            self.add_extra(stated.label, str(stated.value), stated.source)
            if stated.label != first.label:
                return  # 财政评分 beside 自评得分
        elif first.value == stated.value:
            self.ledger.use(stated.source, self.path, name)
        else:
            self.add_extra(_AGAIN.get(name, stated.label), str(stated.value), stated.source)
        if name in _AGAIN and first.value != stated.value:
            self.twice.append((name, str(first.value), str(stated.value)))

    def add_extra(self, heading: str, text: str | None, source: Source) -> None:
        if text is None:
            return
        self.ledger.use(source, self.path, keep(self.extra, heading, text))

    def get(self, name: str) -> Value | None:
        stated = self.head.get(name)
        return stated.value if stated else None

    def _kind(self, values: dict[str, Value]) -> str:
        """By the title, but for what only a transfer form states; where no title tells, by what the form states of itself."""
        if (self.management or TRANSFERRED & self.extra.keys()) and self.kind in (None, "project"):
            return "transfer"
        if self.kind is not None:
            return self.kind
        named = (*self.extra, *(indicator.level1 or "" for indicator in self.indicators))
        told = "项目" in self.caption or any(name.startswith("项目") for name in named)
        told = told or bool({"project", "implementer"} & values.keys())
        return "project" if told else "department"

    def form(self) -> Form:
        """The finished form; every head value's source goes to the ledger."""
        values: dict[str, Value] = {}
        for name, stated in self.head.items():
            values[name] = stated.value
            path = self.path + (".contacts" if name in _CONTACTS else "")
            self.ledger.use(stated.source, path, name, stated.recognised)
        kind = self._kind(values)
        if kind in ("project", "transfer") and not any(map(_sided, self.funds)):
            # sources of one sum, no side of a budget
            self.funds = [replace(fund, side=None) for fund in self.funds]
        contacts = Contacts(**{k: str(values.pop(k)) for k in _CONTACTS if k in values})
        return Form(
            no=self.index + 1,
            kind=kind,
            title=self.title,
            contacts=contacts,
            funds=tuple(self.funds),
            goals=tuple(self.goals),
            management=tuple(self.management),
            tasks=tuple(self.tasks),
            indicators=tuple(self.indicators),
            basics=tuple(self.basics),
            extra=self.extra or None,
            whole=self.closed,
            **values,  # type: ignore[arg-type]
        )


def _sided(fund: Fund) -> bool:
    """Does a line show that a project's money is parted by sides? Below 年度资金总额 it is not, whatever stands over it; 资金来源－合计 has one."""
    total = fund.item == "total" and fund.side is not None and not (fund.label or "").startswith("年度")
    return total or fund.side == "expenditure"

"""The grid builder: lines and characters to cells, whatever way the lines were drawn; pages to one table."""

from __future__ import annotations

import pytest

from extractors import pdf_pages
from extractors.pdf_rules import Rule
from extractors.pdf_tables import Lattice, fill, lattices
from extractors.pdf_text import Char, lines
from schema.document import PageReading, Table


def grid(xs: list[float], ys: list[float]) -> list[Rule]:
    across = [Rule(True, y, xs[0], xs[-1]) for y in ys]
    return across + [Rule(False, x, ys[0], ys[-1]) for x in xs]


def word(text: str, left: float, base: float, size: float = 10.0) -> list[Char]:
    return [Char(ch, left + i * size, left + (i + 1) * size, base, size) for i, ch in enumerate(text)]


def cells(table: Lattice) -> list[tuple[int, int, int, int]]:
    return [(b.row, b.column, b.row_span, b.column_span) for b in table.boxes]


def test_a_full_grid_has_a_cell_in_every_field() -> None:
    (table,) = lattices(grid([0, 50, 100], [0, 20, 40]))
    assert cells(table) == [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_what_no_line_divides_is_one_cell() -> None:
    rules = [r for r in grid([0, 50, 100], [0, 20, 40]) if not (not r.horizontal and r.at == 50)]
    (table,) = lattices([*rules, Rule(False, 50, 20, 40)])
    assert cells(table) == [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_double_dashed_and_uneven_lines_are_one_line() -> None:
    rules = grid([0, 50, 100], [0, 40])
    rules += [Rule(True, 20 + d, x, x + 3) for d in (0, 1.5) for x in range(0, 100, 5)]
    (table,) = lattices(rules)
    assert len(table.boxes) == 4


def test_two_tables_on_a_page_are_two_and_a_single_line_is_none() -> None:
    far = grid([100, 150], [100, 120])
    assert len(lattices([*grid([0, 50], [0, 20]), *far, Rule(True, 300, 0, 500)])) == 2


def test_an_edge_that_a_page_break_left_out_is_put_back() -> None:
    rules = [r for r in grid([0, 50, 100], [0, 20, 40]) if not (r.horizontal and r.at == 40)]
    (table,) = lattices(rules)
    assert table.bottom == 40


def test_characters_belong_to_the_cell_they_stand_in() -> None:
    (table,) = lattices(grid([0, 50, 100], [0, 20, 40]))
    outside = fill([table], [*word("甲", 5, 15), *word("乙", 60, 35), *word("外", 5, 60)])
    assert [b.text for b in table.boxes] == ["甲", "", "", "乙"]
    assert [c.text for c in outside] == ["外"]


def test_bold_drawn_twice_counts_once_and_two_points_are_two() -> None:
    bold = word("得分", 0, 10)
    assert lines([*bold, *(c._replace(left=c.left + 0.3, right=c.right + 0.3) for c in bold)])[0].text == "得分"
    points = [
        Char("1", 0, 5, 10, 10),
        Char(".", 5, 7.5, 10, 10),
        Char(".", 7.5, 10, 10, 10),
        Char("5", 10, 15, 10, 10),
    ]
    assert lines(points)[0].text == "1..5"


def test_a_line_that_fills_its_cell_goes_on_and_a_short_one_ends_a_paragraph() -> None:
    (table,) = lattices(grid([0, 62], [0, 60]))
    fill([table], [*word("保障机关运", 5, 12), *word("转。", 5, 26), *word("完成", 5, 40)])
    assert table.boxes[0].text == "保障机关运转。\n完成"


# ---------------------------------------------------------------- pages
HEAD = ["一级指标", "三级指标", "分值"]


def page(
    number: int, rows: list[list[str]], top: float = 50.0, xs: tuple[float, ...] = (50, 150, 350, 450)
) -> pdf_pages.Page:
    ys = [top + 20 * i for i in range(len(rows) + 1)]
    (table,) = lattices(grid(list(xs), ys))
    chars = [c for r, row in enumerate(rows) for k, text in enumerate(row) for c in word(text, xs[k] + 4, ys[r] + 15)]
    fill([table], chars)
    return pdf_pages.Page(PageReading(number + 1, "pdfium"), [], [table], [])


def texts(table: Table) -> list[list[str]]:
    return [[c.text for c in table.cells if c.row == r] for r in range(table.rows)]


def test_a_table_goes_on_over_a_page_and_its_repeated_heading_is_dropped() -> None:
    (table,) = pdf_pages.joined([page(0, [HEAD, ["产出", "甲", "10"]]), page(1, [HEAD, ["效益", "乙", "20"]])])
    assert isinstance(table, Table)
    assert texts(table) == [HEAD, ["产出", "甲", "10"], ["效益", "乙", "20"]]


def test_a_merged_cell_cut_by_a_page_is_one_cell_with_two_places() -> None:
    (table,) = pdf_pages.joined([page(0, [HEAD, ["产出", "甲", "10"]]), page(1, [["", "乙", "20"]])])
    assert isinstance(table, Table)
    merged = next(c for c in table.cells if c.text == "产出")
    assert merged.row_span == 2
    assert [place.page for place in merged.origin.places] == [1, 2]


def test_a_row_cut_by_a_page_is_one_row() -> None:
    long = "反映部门预算编制的合理性和准确性情况说"  # fills its column
    (table,) = pdf_pages.joined(
        [page(0, [HEAD, ["产出", long, "10"]]), page(1, [["", "明文字", ""], ["效益", "乙", "20"]])]
    )
    assert isinstance(table, Table)
    assert texts(table)[1:] == [["产出", long + "明文字", "10"], ["效益", "乙", "20"]]


def test_another_form_with_the_same_heading_is_not_joined() -> None:
    first = [["项目支出绩效自评表", "", ""], ["项目名称", "河道清淤", ""], ["总分", "", "100"]]
    second = [["项目支出绩效自评表", "", ""], ["项目名称", "防汛值守", ""], ["总分", "", "99"]]
    assert len(pdf_pages.joined([page(0, first), page(1, second)])) == 2


def test_tables_of_other_columns_or_with_text_between_are_not_joined() -> None:
    narrow = page(1, [["甲", "乙", "1"]], xs=(50, 100, 200, 300))
    assert len(pdf_pages.joined([page(0, [HEAD]), narrow])) == 2
    between = page(1, [["甲", "乙", "1"]])
    between.texts = [pdf_pages.Text(lines(word("填表人：", 50, 30)))]
    assert len(pdf_pages.joined([page(0, [HEAD]), between])) == 3


@pytest.mark.parametrize("number", ["- 3 -", "第3页", "3 / 12"])
def test_a_page_number_is_ornament_and_parts_no_table(number: str) -> None:
    laid = pdf_pages.laid_out(PageReading(1, "pdfium"), 800, [], lines(word(number.replace(" ", ""), 300, 780)))
    assert [line.text for line in laid.ornaments] == [number.replace(" ", "")]

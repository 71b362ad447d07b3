"""Charts as SVG, drawn without a display and without the network (Vega through Altair); labels are Chinese text of the page's font."""

from __future__ import annotations

from typing import Any

from schema import extras
from schema.errors import ZipingError

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, WenQuanYi Zen Hei, sans-serif"
COLOUR = "#35618f"
Point = tuple[str, float, float]


def bars(values: list[tuple[str, float]], title: str) -> str:
    """Horizontal bars, the longest first; nothing of nothing."""
    if not values:
        return ""
    alt = _altair()
    data = alt.Data(values=[{"name": name, "value": value} for name, value in values])
    shown = alt.Chart(data).mark_bar(color=COLOUR).encode(
        x=alt.X("value:Q", title=title, axis=alt.Axis(tickMinStep=1)), y=alt.Y("name:N", sort="-x", title=None)
    )  # fmt: skip
    return svg(shown.properties(width=420, height=alt.Step(22)))


def columns(values: list[tuple[str, float]], title: str) -> str:
    """Columns in the order given; nothing of nothing."""
    if not values:
        return ""
    alt = _altair()
    data = alt.Data(values=[{"name": name, "value": value} for name, value in values])
    shown = alt.Chart(data).mark_bar(color=COLOUR).encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=title, axis=alt.Axis(tickMinStep=1)),
    )  # fmt: skip
    return svg(shown.properties(width=alt.Step(56), height=220))


def dots(points: list[Point], x: str, y: str) -> str:
    """A point each, with its name on it when pointed at; nothing of nothing."""
    if not points:
        return ""
    alt = _altair()
    data = alt.Data(values=[{"name": name, "x": a, "y": b} for name, a, b in points])
    shown = alt.Chart(data).mark_circle(color=COLOUR, size=60, opacity=0.7).encode(
        x=alt.X("x:Q", title=x, scale=alt.Scale(zero=False)), y=alt.Y("y:Q", title=y, scale=alt.Scale(zero=False)),
        tooltip=["name:N", "x:Q", "y:Q"],
    )  # fmt: skip
    return svg(shown.properties(width=420, height=260))


def svg(chart: Any) -> str:
    """A chart as SVG whose text is text."""
    import vl_convert

    told = chart.configure(font=FONT).configure_view(stroke=None).to_dict()
    out: str = vl_convert.vegalite_to_svg(told)
    return out


def _altair() -> Any:
    try:
        import altair
        import vl_convert  # noqa: F401
    except ImportError:
        raise ZipingError("report", "没有安装altair和vl-convert", extras.remedy("analysis")) from None
    return altair

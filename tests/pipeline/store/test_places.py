"""The place of a unit: only what its name begins with, only where one place has that name."""

from __future__ import annotations

import pytest

from pipeline.store.places import Place, place


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("湖南省财政厅", ("湖南省", None, None, "430000")),
        ("内蒙古自治区包头市昆都仑区民政局", ("内蒙古自治区", "包头市", "昆都仑区", "150203")),
        ("南京市鼓楼区教育局", ("江苏省", "南京市", "鼓楼区", "320106")),
        ("中共 宁海县 委员会", ("浙江省", "宁波市", "宁海县", "330226")),
        ("上海市普陀区卫生健康委员会", ("上海市", None, "普陀区", "310107")),
        ("仙桃市水务局", ("湖北省", None, "仙桃市", "429004")),
        ("江西赣州市审计局", ("江西省", "赣州市", None, "360700")),
        ("吉林市住建局", ("吉林省", "吉林市", None, "220200")),
        ("莱芜市财政局", ("山东省", "莱芜市", None, "371200")),  # given up in 2019
        ("湖南省云泽县水利局", ("湖南省", None, None, "430000")),  # there is no such county
    ],
)
def test_a_place_that_is_certain(unit: str, wanted: tuple[str | None, ...]) -> None:
    assert place(unit) == Place(*wanted)


@pytest.mark.parametrize(
    "unit",
    [
        None,
        "",
        "鼓楼区教育局",
        "东区街道办事处",
        "城区管理局",
        "市财政局",
        "青禾县水务局",
        "湖南米粉协会",
        "第一中学",
    ],
)
def test_what_is_not_certain_has_no_place(unit: str | None) -> None:
    assert place(unit) is None

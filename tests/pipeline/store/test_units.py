"""Which units may be one: the words that tell bureaus apart must agree."""

from __future__ import annotations

from itertools import product

from pipeline.store import units
from pipeline.store.opening import open_store

_COUNTIES = ("青禾县", "云麓县", "临溪市", "东陵区", "石塘县", "北渡县", "南屏市", "柳泉县", "白川县", "金垣区")
_BUREAUS = (
    "审计局", "统计局", "财政局", "民政局", "教育局", "体育局", "水务局", "林业局", "农业农村局", "交通运输局", "住房和城乡建设局",
    "城市管理和综合执法局", "市场监督管理局", "人力资源和社会保障局", "医疗保障局", "卫生健康委员会", "发展和改革委员会", "应急管理局",
    "生态环境局", "自然资源局", "文化和旅游局", "退役军人事务局", "司法局", "信访局", "档案馆", "图书馆", "体育中心", "气象局", "税务局",
    "人民代表大会常务委员会办公室",
)  # fmt: skip
# How forms write some of them besides.
_ALSO = {
    "青禾县城市管理和综合执法局": "青禾县城市管理综合执法局", "云麓县人力资源和社会保障局": "云麓县人力资源社会保障局",
    "临溪市图书馆": "湖南省临溪市图书馆", "东陵区卫生健康委员会": "东陵区卫生健康委", "石塘县人民代表大会常务委员会办公室": "石塘县人大常委会办公室",
    "北渡县住房和城乡建设局": "北渡县住房城乡建设局", "南屏市发展和改革委员会": "南屏市发展改革委员会", "柳泉县文化和旅游局": "柳泉县文化旅游局",
}  # fmt: skip


def test_of_300_bureaus_only_spellings_of_one_are_proposed(url: str) -> None:
    store = open_store(url)
    names = [county + bureau for county, bureau in product(_COUNTIES, _BUREAUS)]
    assert len(set(names)) == 300

    def note(connection: object) -> None:
        for name in (*names, *_ALSO.values()):
            units.register(connection, name)  # type: ignore[arg-type]

    store.write(note)
    found = {frozenset((pair.keep_name, pair.join_name)) for pair in units.similar_pairs(store)}
    wanted = {frozenset(pair) for pair in _ALSO.items()}
    assert len(found & wanted) / len(found) >= 0.95
    assert len(found & wanted) / len(wanted) >= 0.8
    store.close()

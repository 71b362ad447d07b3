"""Made reports of many units, some of which have a section of another's: what the search for copied texts is measured on.

Every unit writes ten sections of its own from the same stock of phrases, of its own places and things and with its own figures; three of them
open and end with wording that all have (a template). A copy takes one section of another unit, with another opening, other figures and its own name.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

SECTIONS = 10
_TEMPLATES = (
    "根据财政部门关于开展预算绩效自评工作的通知要求，{unit}高度重视，成立了绩效自评工作小组，由主要负责人任组长，对照年"
    "初设定的绩效目标逐项开展自评，现将有关情况报告如下。",
    "下一步，我们将进一步强化绩效理念，压实主体责任，健全全过程预算绩效管理机制，加强评价结果应用，不断提高财政资金使用效益。",
    "{unit}严格执行预算管理制度，资金拨付有完整的审批程序和手续，会计核算规范，不存在截留、挤占、挪用、虚列支出等情况。",
)
_WHO = (
    "工作专班 各科室 驻点干部 技术人员 业务骨干 村级协管员 第三方机构 片区负责人 志愿者队伍 值班人员 巡查小组 "
    "档案员 项目组 监理单位 联络员 下属站所"
).split()
_DID = (
    "走访 排查 整治 维修 登记 回访 培训 清理 抽检 更换 疏浚 建档 核实 巡护 调解 慰问 扩建 验收 宣讲 改造 "
    "测绘 补种 消杀 勘察"
).split()
_WHAT = (
    "沿河排口 老旧线路 独居老人 农家书屋 机井 山洪沟 公厕 校车 林下种植户 危旧房 饮水管网 候鸟栖息地 集市摊位 "
    "残障家庭 冷库 茶园 渡口 铁路道口 采石场 殡葬服务点 避难场所 公交站台 粮仓 古树 桥梁伸缩缝 水文站 儿童之家 "
    "果蔬大棚 屠宰点 渔港"
).split()
_HOW = (
    "分三批 逐户 按月 利用汛前空档 借助遥感影像 会同属地 错峰 结合普查 采取以奖代补的办法 依托网格 通过夜间蹲守 "
    "沿用旧台账 先易后难 委托专业队伍 自筹材料"
).split()
_THEN = (
    "群众往返次数明显减少 返工率低于往年 遗留的纠纷得到化解 台账与现场基本对应 设备停用时间缩短 受益户主动参与管护 "
    "反映集中的堵点得到疏通 检测数据连续稳定 原有隐患全部销号 运行费用有所下降 相邻乡镇前来借鉴 冬季仍能正常使用 "
    "投诉较上年回落 孩子们有了固定去处 雨季没有再积水 维护周期得以延长"
).split()
_ROOTS = (
    "柳溪石桥青杨槐荫金鸡龙潭凤凰白鹤松竹梅岭云峰月湖星河桃源杏坪栗树棠梨枫林樟坑茶亭麦园稻香荷塘莲池瓜州豆庄盐井铁炉铜鼓银杏"
    "玉泉珠海沙洲滩头渡口关庙"
)
_KINDS = ("村 社区 街 片区 泵站 小学 合作社 水库 工业园 卫生室 林场 大道 安置点 养老院 文化站 产业园").split()
_WHY = "由于 鉴于 考虑到 受制于 正值 恰逢".split()
_CAUSE = "材料涨价 人员轮岗 连日降雨 管线老化 征地滞后 资料缺失 道路封闭 设备到货晚 村民外出务工 图纸变更 冬季封冻 审批顺延".split()


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report: its unit and the texts of its sections; copied: (number of the unit, section) that one of them was taken from, section here."""

    unit: str
    sections: tuple[str, ...]
    copied: tuple[int, int, int] | None = None


def reports(count: int, copies: int, seed: int = 1) -> list[MadeReport]:
    """So many reports, of which so many have a section of another's."""
    rng = random.Random(f"reports {count} {copies} {seed}")
    own = [list(_sections(rng, _unit(no))) for no in range(count)]
    out = [MadeReport(_unit(no), tuple(texts)) for no, texts in enumerate(own)]
    chosen = rng.sample(range(count), 2 * copies)
    for source, taker in zip(chosen[:copies], chosen[copies:], strict=True):
        section = rng.randrange(3, SECTIONS)
        sections = list(out[taker].sections)
        sections[section] = _rewritten(rng, own[source][section], _unit(source), _unit(taker))
        out[taker] = MadeReport(_unit(taker), tuple(sections), (source, section, section))
    return out


def _unit(no: int) -> str:
    return f"青禾县{'甲乙丙丁戊己庚辛壬癸'[no % 10]}{'子丑寅卯辰巳午未申酉戌亥'[no // 10 % 12]}第{no}服务中心"


def _sections(rng: random.Random, unit: str) -> Iterator[str]:
    own = [f"{rng.choice(_ROOTS)}{rng.choice(_ROOTS)}{rng.choice(_KINDS)}" for _ in range(12)]
    for number in range(SECTIONS):
        text = "".join(_sentence(rng, own) for _ in range(rng.randint(4, 9)))
        if rng.random() < 0.3:
            text = f"{unit}{text}"
        yield f"{_TEMPLATES[number].format(unit=unit)}{text}{_TEMPLATES[1]}" if number < len(_TEMPLATES) else text


def _sentence(rng: random.Random, own: list[str]) -> str:
    """A sentence about the unit's own places and things."""
    figure = rng.choice((rng.randint(3, 98), rng.randint(100, 9999), f"{rng.uniform(1, 900):.2f}"))
    measure = rng.choice("处户次公里人件万元亩".replace("万元", "元"))
    begin = f"{rng.choice(_WHY)}{rng.choice(_CAUSE)}，" if rng.random() < 0.4 else ""
    parts = (
        f"{rng.choice(_WHO)}{rng.choice(_HOW)}{rng.choice(_DID)}{rng.choice(own)}{rng.choice(_WHAT)}{figure}{measure}"
    )
    also = f"，并{rng.choice(_DID)}{rng.choice(own)}{rng.choice(_WHAT)}" if rng.random() < 0.6 else ""
    return f"{begin}{parts}{also}，{rng.choice(_THEN)}。"


def _rewritten(rng: random.Random, text: str, unit: str, taker: str) -> str:
    """A section as one who takes it changes it: another opening, other figures, the own name."""
    sentences = re.findall(r"[^。]*。", text.replace(unit, taker))
    rest = "".join(sentences[1:])
    return _sentence(rng, [_KINDS[0]]) + re.sub(r"\d+(?:\.\d+)?", lambda _: str(rng.randint(3, 900)), rest)

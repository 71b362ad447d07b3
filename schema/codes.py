"""What the codes of the records mean, in Chinese and English; for a check also the clause it rests on.

Indicator categories: 财预〔2020〕10号 (项目支出绩效评价管理办法) and 财预〔2021〕101号 for cost indicators; 财预〔2013〕53号 for input,
process and effect. Fund items: the classes of the departmental budget (部门预算) of the Budget Law (预算法).
"""

from __future__ import annotations

from typing import NamedTuple

from schema.checks import CHECKS


class Code(NamedTuple):
    chinese: str
    english: str
    clause: str | None = None


CODES: dict[str, dict[str, Code]] = {
    "kind": {
        "department": Code("部门整体支出", "department as a whole"),
        "project": Code("项目支出", "project"),
        "transfer": Code("转移支付", "transfer payment"),
        "common": Code("共性指标", "common indicators"),
        "basics": Code("基础数据", "basic data"),
    },
    "category": {
        "output.quantity": Code("产出数量", "output: quantity"),
        "output.quality": Code("产出质量", "output: quality"),
        "output.timeliness": Code("产出时效", "output: timeliness"),
        "output.cost": Code("产出成本", "output: cost"),
        "cost.economic": Code("经济成本", "cost: economic"),
        "cost.social": Code("社会成本", "cost: social"),
        "cost.ecological": Code("生态环境成本", "cost: ecological"),
        "benefit.economic": Code("经济效益", "benefit: economic"),
        "benefit.social": Code("社会效益", "benefit: social"),
        "benefit.ecological": Code("生态效益", "benefit: ecological"),
        "benefit.sustainable": Code("可持续影响", "benefit: sustainability"),
        "satisfaction": Code("满意度", "satisfaction"),
        "input": Code("投入", "input"),
        "process": Code("过程", "process"),
        "effect": Code("效果", "effect"),
        "management": Code("管理", "management"),
    },
    "item": {
        "total": Code("总额", "total"),
        "general_public_budget": Code("一般公共预算", "general public budget"),
        "government_fund": Code("政府性基金预算", "government-managed funds"),
        "central": Code("中央财政资金", "central government"),
        "provincial": Code("省级财政资金", "provincial government"),
        "municipal": Code("市级财政资金", "municipal government"),
        "county": Code("县区级财政资金", "county government"),
        "local": Code("地方财政资金", "local governments"),
        "special_account": Code("财政专户管理资金", "special fiscal account"),
        "state_capital": Code("国有资本经营预算", "state capital operations"),
        "social_insurance": Code("社会保险基金", "social insurance funds"),
        "unit_funds": Code("单位资金", "unit's own funds"),
        "other": Code("其他资金", "other funds"),
        "current_appropriation": Code("当年财政拨款", "current-year appropriation"),
        "carried_over": Code("上年结转", "carried over from last year"),
        "fiscal": Code("财政拨款", "fiscal appropriation"),
        "basic": Code("基本支出", "basic expenditure"),
        "personnel": Code("人员经费", "personnel"),
        "operating": Code("公用经费", "operating costs"),
        "project": Code("项目支出", "project expenditure"),
    },
    "side": {"revenue": Code("收入", "revenue"), "expenditure": Code("支出", "expenditure")},
    "section": {
        "overview": Code("基本情况", "overview"),
        "spending": Code("支出情况", "spending"),
        "government_fund": Code("政府性基金预算支出", "government-managed funds"),
        "state_capital": Code("国有资本经营预算支出", "state capital operations"),
        "social_insurance": Code("社会保险基金预算支出", "social insurance funds"),
        "performance": Code("绩效情况", "performance"),
        "problems": Code("存在问题", "problems"),
        "improvement": Code("改进措施", "improvement"),
        "other": Code("其他", "other"),
    },
    "check": {code: Code(made.chinese, made.english, made.clause) for code, made in CHECKS.items()},
}  # fmt: skip

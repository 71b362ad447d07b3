-- 与其他材料比对发现的问题：雷同文字、金额不一致、逐年变化、偏离同类 / what shows beside other submissions: copies, amounts, years, outliers
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- rule: 规则 / rule
-- message: 说明 / message
-- other_unit: 对方单位 / unit of the other submission
-- other_year: 对方年度 / fiscal year of the other submission
SELECT j.unit, j.fiscal_year, j.rule, j.message, j.other_unit, j.other_year, j.submission_id, j.record, j.field, j.other_id, j.other_path
FROM v_comparison j
WHERE (:year = '' OR CAST(j.fiscal_year AS TEXT) = :year) AND (:unit = '' OR j.unit LIKE '%' || :unit || '%') AND j.muted IS NULL
ORDER BY CASE j.severity WHEN 'must' THEN 1 WHEN 'should' THEN 2 ELSE 3 END, j.rule, j.unit, j.fiscal_year, j.submission_id, j.no

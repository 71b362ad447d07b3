-- 按规则包核对发现的问题，必须的在前 / what rule packs find, `must` first
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- severity: 轻重 / must, should or may
-- rule: 规则 / rule
-- message: 说明 / message
-- clause: 依据 / clause
-- pack: 规则包 / rule pack
SELECT j.unit, j.fiscal_year, j.severity, j.rule, j.message, j.clause, j.pack, j.submission_id, j.record, j.field
FROM v_judgement j
WHERE (:year = '' OR CAST(j.fiscal_year AS TEXT) = :year) AND (:unit = '' OR j.unit LIKE '%' || :unit || '%') AND j.muted IS NULL
ORDER BY CASE j.severity WHEN 'must' THEN 1 WHEN 'should' THEN 2 ELSE 3 END, j.unit, j.fiscal_year, j.submission_id, j.no

-- 与上年相比的变化：预算、执行、得分，给出单位时还有指标 / what changed against last year; with a unit also its indicators
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- what: 内容 / what
-- last_year: 上年 / last year
-- this_year: 本年 / this year
SELECT unit, fiscal_year, what, last_year, this_year FROM (
  SELECT n.unit, n.fiscal_year, m.no AS no, m.what,
    CAST(CASE m.no WHEN 1 THEN o.approved WHEN 2 THEN o.executed WHEN 3 THEN ROUND(100 * o.execution_rate, 2)
      WHEN 4 THEN ROUND(o.self_score, 2) WHEN 5 THEN o.indicators ELSE o.findings END AS TEXT) AS last_year,
    CAST(CASE m.no WHEN 1 THEN n.approved WHEN 2 THEN n.executed WHEN 3 THEN ROUND(100 * n.execution_rate, 2)
      WHEN 4 THEN ROUND(n.self_score, 2) WHEN 5 THEN n.indicators ELSE n.findings END AS TEXT) AS this_year
  FROM v_unit_year n
  JOIN v_unit_year o ON o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1
  CROSS JOIN (
    SELECT 1 AS no, '年初预算数（万元）' AS what UNION ALL SELECT 2, '全年执行数（万元）' UNION ALL SELECT 3, '执行率（%）'
    UNION ALL SELECT 4, '自评得分' UNION ALL SELECT 5, '指标数' UNION ALL SELECT 6, '核对发现数'
  ) m
  UNION ALL
  SELECT n.unit, n.fiscal_year, 7, '指标值：' || n.level3, o.target, n.target
  FROM v_indicator n
  JOIN v_indicator o ON o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1 AND o.level3 = n.level3 AND o.kind = n.kind
    AND COALESCE(o.project, '') = COALESCE(n.project, '') AND COALESCE(o.level1, '') = COALESCE(n.level1, '')
    AND COALESCE(o.level2, '') = COALESCE(n.level2, '')
  WHERE :unit <> '' AND n.unit LIKE '%' || :unit || '%' AND n.target <> o.target
  UNION ALL
  SELECT n.unit, n.fiscal_year, 8, '新增指标', NULL, n.level3
  FROM v_indicator n
  WHERE :unit <> '' AND n.unit LIKE '%' || :unit || '%'
    AND EXISTS (SELECT 1 FROM v_unit_year b WHERE b.unit_id = n.unit_id AND b.fiscal_year = n.fiscal_year - 1)
    AND NOT EXISTS (
      SELECT 1 FROM v_indicator o WHERE o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1 AND o.level3 = n.level3 AND o.kind = n.kind
    AND COALESCE(o.project, '') = COALESCE(n.project, '') AND COALESCE(o.level1, '') = COALESCE(n.level1, '')
    AND COALESCE(o.level2, '') = COALESCE(n.level2, ''))
) AS changed
WHERE COALESCE(last_year, '') <> COALESCE(this_year, '')
  AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year) AND (:unit = '' OR unit LIKE '%' || :unit || '%')
ORDER BY unit, fiscal_year IS NULL, fiscal_year, no, what, this_year

-- 与上年相比的变化：预算、执行、得分，给出单位时还有指标 / what changed against last year; with a unit also its indicators
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- what: 内容 / what
-- last_year: 上年 / last year
-- this_year: 本年 / this year
WITH years AS (
  SELECT * FROM v_unit_year
), mine AS (
  SELECT submission_id, unit_id, unit FROM v_submission WHERE :unit <> '' AND unit LIKE '%' || :unit || '%'
), named AS (
  SELECT m.unit_id, m.unit, COALESCE(f.fiscal_year, s.fiscal_year) AS fiscal_year, i.level3, i.target,
    f.kind || ' ' || COALESCE(f.project, '') || ' ' || COALESCE(i.level1, '') || ' ' || COALESCE(i.level2, '') || ' ' || i.level3 AS name
  FROM mine m
  JOIN submission s ON s.submission_id = m.submission_id
  JOIN form f ON f.submission_id = m.submission_id
  JOIN indicator i ON i.submission_id = f.submission_id AND i.form_no = f.no
), changed AS (
  SELECT n.unit, n.fiscal_year, m.no AS no, m.what,
    CAST(CASE m.no WHEN 1 THEN o.approved WHEN 2 THEN o.executed WHEN 3 THEN ROUND(100 * o.execution_rate, 2)
      WHEN 4 THEN ROUND(o.self_score, 2) WHEN 5 THEN o.indicators ELSE o.findings END AS TEXT) AS last_year,
    CAST(CASE m.no WHEN 1 THEN n.approved WHEN 2 THEN n.executed WHEN 3 THEN ROUND(100 * n.execution_rate, 2)
      WHEN 4 THEN ROUND(n.self_score, 2) WHEN 5 THEN n.indicators ELSE n.findings END AS TEXT) AS this_year
  FROM years n
  JOIN years o ON o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1
  CROSS JOIN (
    SELECT 1 AS no, '年初预算数（万元）' AS what UNION ALL SELECT 2, '全年执行数（万元）' UNION ALL SELECT 3, '执行率（%）'
    UNION ALL SELECT 4, '自评得分' UNION ALL SELECT 5, '指标数' UNION ALL SELECT 6, '核对发现数'
  ) m
  WHERE (:year = '' OR CAST(n.fiscal_year AS TEXT) = :year) AND (:unit = '' OR n.unit LIKE '%' || :unit || '%')
  UNION ALL
  SELECT n.unit, n.fiscal_year, 7, '指标值：' || n.level3, o.target, n.target
  FROM named n
  JOIN named o ON o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1 AND o.name = n.name AND o.target <> n.target
  UNION ALL
  SELECT n.unit, n.fiscal_year, 8, '新增指标', NULL, n.level3
  FROM named n
  LEFT JOIN named o ON o.unit_id = n.unit_id AND o.fiscal_year = n.fiscal_year - 1 AND o.name = n.name
  WHERE o.name IS NULL AND EXISTS (SELECT 1 FROM named b WHERE b.unit_id = n.unit_id AND b.fiscal_year = n.fiscal_year - 1)
)
SELECT unit, fiscal_year, what, last_year, this_year
FROM changed
WHERE COALESCE(last_year, '') <> COALESCE(this_year, '') AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year)
ORDER BY unit, fiscal_year IS NULL, fiscal_year, no, what, this_year

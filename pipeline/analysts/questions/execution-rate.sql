-- 各单位各年度的预算执行率 / execution rate by unit and year
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
SELECT unit, fiscal_year, approved, revised, executed, ROUND(execution_rate, 4) AS execution_rate
FROM v_unit_year
WHERE execution_rate IS NOT NULL
  AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year) AND (:unit = '' OR unit LIKE '%' || :unit || '%')
ORDER BY fiscal_year IS NULL, fiscal_year, v_unit_year.execution_rate, unit

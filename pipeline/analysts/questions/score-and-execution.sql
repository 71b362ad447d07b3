-- 自评得分与执行率的差距，差距大的在前 / self-assessed score against execution, the widest gap first
-- year: 年度 / fiscal year
-- gap: 得分率减执行率 / share of the score minus execution rate
SELECT unit, fiscal_year, ROUND(self_score, 2) AS self_score, ROUND(execution_rate, 4) AS execution_rate,
  ROUND(self_score / 100 - execution_rate, 4) AS gap
FROM v_unit_year
WHERE self_score IS NOT NULL AND execution_rate IS NOT NULL AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year)
ORDER BY v_unit_year.self_score / 100 - v_unit_year.execution_rate DESC, unit, fiscal_year IS NULL, fiscal_year

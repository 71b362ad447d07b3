-- 自评得分的分布：95分以上和满分的占比 / score inflation: share of forms at 95 and more, and at full marks
-- year: 年度 / fiscal year
-- forms: 有总得分的表数 / forms with a total score
-- mean_score: 平均得分 / mean score
-- share_95: 95分以上占比 / share at 95 and more
-- share_full: 满分占比 / share at 100
SELECT fiscal_year, kind_zh, COUNT(*) AS forms, ROUND(AVG(1.0 * self_score), 2) AS mean_score,
  ROUND(1.0 * SUM(CASE WHEN self_score >= 95 THEN 1 ELSE 0 END) / COUNT(*), 4) AS share_95,
  ROUND(1.0 * SUM(CASE WHEN self_score >= 100 THEN 1 ELSE 0 END) / COUNT(*), 4) AS share_full
FROM v_form
WHERE self_score IS NOT NULL AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year)
GROUP BY fiscal_year, kind_zh
ORDER BY fiscal_year IS NULL, fiscal_year, kind_zh

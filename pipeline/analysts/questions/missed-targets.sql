-- 未达到指标值却得满分的指标 / full marks where the target was missed
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
SELECT d.unit, d.fiscal_year, d.project, i.level3, i.target, i.actual, i.weight, i.score, d.submission_id
FROM v_finding d
JOIN indicator i ON i.submission_id = d.submission_id AND i.form_no = d.form_no
  AND i.no = CASE WHEN d.place LIKE 'indicators[%].score'
    THEN CAST(REPLACE(REPLACE(d.place, 'indicators[', ''), '].score', '') AS INTEGER) + 1 END
WHERE d.check_code = 'full_score_missed_target'
  AND (:year = '' OR CAST(d.fiscal_year AS TEXT) = :year) AND (:unit = '' OR d.unit LIKE '%' || :unit || '%')
ORDER BY d.fiscal_year IS NULL, d.fiscal_year, d.unit, d.submission_id, i.form_no, i.no

-- 自评得分比按规则包应得的多多少，多的在前 / points that units give themselves above what the rule packs allow, most first
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- scores: 能核算的得分项数 / scores that can be told
-- above: 其中多得的项数 / of these above what they should be
-- points: 多得的分 / points above it
SELECT d.unit, d.fiscal_year, COUNT(*) AS scores, SUM(CASE WHEN d.difference > 0.01 THEN 1 ELSE 0 END) AS above,
  ROUND(SUM(CASE WHEN d.difference > 0.01 THEN d.difference ELSE 0 END), 2) AS points
FROM v_score d
WHERE (:year = '' OR CAST(d.fiscal_year AS TEXT) = :year) AND (:unit = '' OR d.unit LIKE '%' || :unit || '%')
GROUP BY d.unit, d.fiscal_year
ORDER BY 5 DESC, d.unit, d.fiscal_year

-- 各类别最常用的指标 / the indicators most used in each category
-- category: 类别代码，如 output.quantity / category, code
-- year: 年度 / fiscal year
-- uses: 使用次数 / number of uses
-- mean_score_rate: 平均得分率 / mean of score by weight
SELECT c.chinese AS category_zh, level3, uses, ROUND(mean_score_rate, 4) AS mean_score_rate
FROM (
  SELECT category, level3, uses, mean_score_rate,
    ROW_NUMBER() OVER (PARTITION BY category ORDER BY uses DESC, level3) AS place
  FROM (
    SELECT i.category, i.level3, COUNT(*) AS uses, AVG(CASE WHEN i.weight > 0 THEN 1.0 * i.score / i.weight END) AS mean_score_rate
    FROM indicator i
    JOIN v_current n ON n.submission_id = i.submission_id
    JOIN submission s ON s.submission_id = i.submission_id
    WHERE i.category IS NOT NULL AND i.level3 IS NOT NULL AND (:category = '' OR i.category = :category)
      AND (:year = '' OR CAST(s.fiscal_year AS TEXT) = :year)
    GROUP BY i.category, i.level3
  ) AS counted
) AS ranked
JOIN code c ON c.list = 'category' AND c.code = category
WHERE place <= 5
ORDER BY c.no, place

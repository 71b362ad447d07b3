-- 预算调整最大的项目 / the projects whose budget moved most
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- moved: 调整额，万元 / moved by, 10,000 yuan
-- moved_rate: 调整幅度 / moved by, as a rate
SELECT unit, fiscal_year, project, approved, revised, ROUND(revised - approved, 4) AS moved,
  ROUND(1.0 * (revised - approved) / approved, 4) AS moved_rate
FROM v_project
WHERE revised <> approved AND approved > 0
  AND (:year = '' OR CAST(fiscal_year AS TEXT) = :year) AND (:unit = '' OR unit LIKE '%' || :unit || '%')
ORDER BY ABS(revised - approved) DESC, unit, fiscal_year IS NULL, fiscal_year, project

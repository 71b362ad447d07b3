-- 平均每张表的核对发现数，多的在前 / findings per form by unit, the most first
-- year: 年度 / fiscal year
-- per_form: 平均每张表的核对发现 / findings per form
SELECT unit, fiscal_year, forms, findings, ROUND(1.0 * findings / forms, 2) AS per_form
FROM v_unit_year
WHERE :year = '' OR CAST(fiscal_year AS TEXT) = :year
ORDER BY 1.0 * findings / forms DESC, findings DESC, unit, fiscal_year IS NULL, fiscal_year

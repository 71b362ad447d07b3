-- 历年三公经费，万元 / travel abroad, vehicles and receptions over the years, 10,000 yuan
-- unit: 单位名称中的几个字 / a part of the unit's name
-- item: 项目 / item
-- heading: 栏目 / column of the form
-- number: 数值 / figure
SELECT s.unit, s.fiscal_year, b.path AS item, v.heading, v.number
FROM basic b
JOIN basic_value v ON v.submission_id = b.submission_id AND v.form_no = b.form_no AND v.basic_no = b.no
JOIN v_submission s ON s.submission_id = b.submission_id
WHERE (b.path LIKE '%三公%' OR b.group_name LIKE '%三公%') AND v.number IS NOT NULL
  AND (:unit = '' OR s.unit LIKE '%' || :unit || '%')
ORDER BY s.unit, b.path, s.fiscal_year, v.heading

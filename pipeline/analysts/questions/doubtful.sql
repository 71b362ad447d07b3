-- 把握不足0.9的值和有更正建议的数，把握最小的在前，请对照原文 / values that are not sure (below 0.9) or have a repair suggested, the least sure first, to be held against the file
-- year: 年度 / fiscal year
-- unit: 单位名称中的几个字 / a part of the unit's name
-- file: 文件 / file
-- place: 记录路径 / path of the record
-- as_read: 字段 / field
-- raw: 原文 / text as written
-- confidence: 把握 / confidence
-- recognised: 归入该字段的依据 / why it was taken for this field
-- suggested: 若读作此数则全表勾稽相符 / with this figure the whole form adds up
-- suggested_by: 由哪些核对项证明 / the checks that prove it
SELECT v.unit, v.fiscal_year, f.name AS file, p.record AS place, p.field AS as_read, p.raw, p.confidence, p.recognised,
  p.suggested, p.suggested_by,
  p.table_no, p.row_no, p.column_no, p.page_no
FROM provenance p
JOIN v_submission v ON v.submission_id = p.submission_id
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
WHERE (p.confidence < 0.9 OR p.suggested IS NOT NULL)
  AND (:year = '' OR CAST(v.fiscal_year AS TEXT) = :year) AND (:unit = '' OR v.unit LIKE '%' || :unit || '%')
ORDER BY p.confidence, v.unit, f.name, p.no

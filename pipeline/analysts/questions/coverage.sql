-- 各种版式的识别情况，未识别多的在前 / coverage and unknown headings by layout, the least understood first
-- layout: 版式代码 / layout fingerprint
-- example: 例如 / for example
-- forms: 表数 / forms
-- submissions: 材料数 / submissions
-- cells: 非空单元格与段落数 / non-blank cells and paragraphs
-- unexplained: 其中未识别的 / of these not understood
-- share_understood: 识别率 / share understood
-- unknown: 词表里没有的表头 / headings the vocabulary does not hold
SELECT layout, MIN(file) AS example, SUM(forms) AS forms, COUNT(*) AS submissions, SUM(cells) AS cells, SUM(unexplained) AS unexplained,
  ROUND(1 - 1.0 * SUM(unexplained) / SUM(cells), 4) AS share_understood, SUM(unknown) AS unknown
FROM (
  SELECT l.fingerprint AS layout, s.submission_id, COUNT(*) AS forms, MIN(f.name) AS file, MIN(s.cells) AS cells,
    MIN(s.unexplained) AS unexplained,
    (SELECT COUNT(*) FROM unknown_heading u WHERE u.submission_id = s.submission_id) AS unknown
  FROM form_layout l
  JOIN submission s ON s.submission_id = l.submission_id
  JOIN v_current n ON n.submission_id = s.submission_id
  JOIN file f ON f.sha256 = s.sha256
  GROUP BY l.fingerprint, s.submission_id
) AS each_submission
GROUP BY layout
ORDER BY SUM(unexplained) DESC, SUM(unknown) DESC, layout

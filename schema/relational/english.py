"""What tables are in English, and those columns that no record's field gives: one word for a name wherever it stands."""

from __future__ import annotations

import sqlalchemy as sa

TABLES = dict(
    line.split(" ", 1)
    for line in """\
code names of all codes
file every file ever read, one row a content
lease files being read at this moment
run every run
unit units
wordlist vocabularies that were used
delivery every path a file arrived under
assignment units that people named for submissions that name none
document what was read from a file, compressed
outcome what became of each file in each run
submission submissions, one row a file (v_submission: those that count now)
unit_spelling spellings of units' names
correction corrections by people, beside the reading
finding what does not add up
form forms
leftover what nobody understood
page how each page was read
passage texts of indicators, goals, tasks and sections, for search
provenance where each value was read
section narrative sections
judged by which rule packs each submission was judged
judgement what rule packs find
mute rules that are not told of a unit any more
sketch what texts hold in short, to find copies
compared how far each submission was compared
comparison what shows beside other submissions
setting settings of the store
roster units that are expected to hand in, a list a year
verdict what people found of values, findings and unread cells; lapses where the reading changes
look how much of each submission still needs a look
claim submissions that somebody is reviewing
sent feedback sheets that were sent
account accounts of the desk
pack_use which rule packs a store uses, where that is otherwise than the packs say
score_due what each score should be under the rule packs
unknown_heading headings the vocabulary does not hold, with proposals
version versions of each submission
basic rows of basic data tables
form_layout layout of each form
fund money lines, 10,000 yuan
goal annual goals, planned and achieved
management how transferred money was managed
indicator performance indicators
task annual tasks
basic_value figures of basic data tables""".splitlines()
)
_COLUMNS = dict(
    line.split(" ", 1)
    for line in """\
list list of codes
code code
no number, from 1
chinese name in Chinese
english name in English
clause clause or equation a check rests on
sha256 SHA-256 of the file's bytes
name name
format format, by content
size bytes
outcome read, partly, refused, failed or known
message message
version version of ziping
owner process that holds it: host, pid, start
until held until (Unix time)
run_id run
kind kind, code
started_at started (UTC)
ended_at ended (UTC), null where broken off
person person
host machine
arguments arguments of the command
counts counts by outcome
unit_id unit id
province province, where certain
city prefecture, where certain
county county, where certain
place_code division code (GB/T 2260), where certain
words_key key of the vocabulary
content content, compressed
path path
stage draft or final, by the file's name
modified_at file changed at (UTC)
is_current the one that counts of the files of one report
reader_key key of the extractors
lookups spellings looked up while it was understood, block and spelling a line
reason reason
seconds seconds
submission_id submission id
subject key of unit, year, kinds and project
rules_key key of the rules
cells non-blank cells and paragraphs
used of these used
ornament of these known to say nothing
unexplained of these not understood
spelling spelling
decided_by who decided
decided_at decided (UTC)
correction_id correction id
record path of the record
field field
found value read when corrected
should_be value it should be
cell cell corrected or looked at: part, table, row, column, block
made_at made (UTC)
withdrawn_at withdrawn (UTC), null while in force
reading value last read
state applied, review or gone
form_no number of the form
text text
part part of the file
block_no number of the paragraph or table in the file
table_no number of the table
row_no row
column_no column
page_no page
reader reader of the page
passage_id passage id
raw text as written
boxes places on the page: page, left, top, right, bottom, points
confidence how sure the value is right, 0 to 1; a person should look at those below 0.9; null where an older version read it
recognition least confidence of text recognition, 0 to 1
corrected_by correction: number, person, reason
proof proven or contradicted by the form's own arithmetic
recognised why it was taken for this field, where the heading is unknown
number number as written
heading heading
block block of the form
taken read as the proposed field
below cells below it
beside headings beside it
valid_from valid from (UTC)
valid_to valid to (UTC), null for the current one
causes causes
corrections corrections this version was made with, by number; null where none
group_name group
depth depth
fingerprint layout fingerprint
suggested what a figure that a recogniser was not sure of would have to be for the whole form to add up; the reading is not changed
suggested_by the checks that prove it, separated by commas
confirmed the confirmed layout by which the form was read
stated number of values that were read; null where an older version read it
sure of these, those with a confidence of 0.9 or more
contradicted of these, those that the form's own arithmetic contradicts
pack rule pack
in_use whether the store uses it
for_place place it is used for; null where as the pack says
first_year from which fiscal year on; null where as the pack says
last_year until which fiscal year; null where as the pack says
packs_key digest of the clauses in force
rule rule, code
severity must, should or may
computed what it should be
cells paths of the values it rests on
way the way there
unread cells of the form's tables that nobody understood
headings headings: block, spelling, field
value value
fiscal_year fiscal year
also other spellings
contact contact
expected files expected
verdict_id verdict id
about what was looked at: value, finding or leftover
verdict right, misread or nothing
lapsed_at lapsed (UTC), null while in force
session browser session
version_no version that was sent
sent_at sent (UTC)
role reader, reviewer or lead
password digest of the password (scrypt)
risk values that may be wrong, and findings
unsure values not sure that nobody has looked at
findings findings that nobody has looked at
leftovers unread cells that nobody has looked at
waiting corrections whose reading has changed
total all that needs a look
basic_no number of the row
length characters, signs and figures not counted
marks digests of runs of characters, one of a few, 8 bytes each
texts_key version of the texts that the sketches are of
unit_key digest of the unit's submissions and the clauses in force
other_id the submission it is compared with
other_path path in that submission
passages what both say, side by side""".splitlines()
)


def english(column: sa.Column[object]) -> str:
    """A column's meaning in English. Raises KeyError where it has none."""
    return str(column.info.get("english") or _COLUMNS[column.name])

/** Of the outline: numbered sections, their parts, the contents, the cover. */
export const OUTLINE = `
h3.part{font-size:17px;margin:30px 0 6px}
h4{font-size:15px;font-weight:650;margin:20px 0 6px;overflow-wrap:anywhere}
.chapter>section:first-of-type h3.part{margin-top:14px}
.contents ol{list-style:none;padding:0;margin:18px 0 0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13px}
.contents .level3{display:none}
dl.cover-terms{font-size:13px;gap:3px 20px}
dl.cover-terms dd{overflow-wrap:anywhere;max-width:none}
#summary{margin-top:22px}
p.attempt{margin-top:12px}
code.path{display:block;font-size:12px;overflow-wrap:break-word}
.blank{display:block;border-bottom:1px solid var(--ink);max-width:22em;height:1.4em}
#cover{margin-top:22px}
@media print{
h3.part{font-size:11.5pt}h4{font-size:10pt;break-after:avoid;margin-top:10pt}
.contents ol{display:block;columns:2;font-size:8.5pt}
.contents li{break-inside:avoid}
.contents .level3{display:block;padding-left:1.4em}
.contents .level2{font-weight:650}
.page-break{break-before:page}
code.path{font-size:7pt}
}
`;

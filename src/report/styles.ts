import { paletteCss } from './palette.ts';
import { OUTLINE } from './styles-outline.ts';

const BASE = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main,footer{max-width:1168px;margin:0 auto;padding:0 24px}
h1,h2,h3,p,dl,table,ol,ul,figure{margin:0}
h1{font-size:22px;line-height:1.3;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere;unicode-bidi:isolate}
h2{font-size:20px;line-height:1.3;font-weight:650;letter-spacing:-.01em;padding-top:14px;border-top:2px solid var(--ink);margin:44px 0 6px}
h3,h2.minor{font-size:15px;font-weight:650;margin:26px 0 6px;overflow-wrap:anywhere}
h2.minor{padding-top:0;border-top:0}
p{max-width:76ch}
p.lead{color:var(--muted);margin-bottom:14px}
code{font:.92em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
small,.small{font-size:13px;color:var(--muted)}
a{color:var(--main)}
:focus-visible{outline:2px solid var(--main);outline-offset:2px}
.pass{color:var(--pass)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}
.muted{color:var(--muted)}
`;

const FIRST_SCREEN = `
header{padding-top:26px}
.runline{max-width:none;font-size:13px;color:var(--muted);margin-top:6px;overflow-wrap:anywhere}
.runline b{font-weight:600;color:var(--ink)}
.answer{display:grid;grid-template-columns:1fr 1fr;border:1px solid var(--rule);margin:20px 0 8px}
.answer>div{padding:16px 20px 18px;min-width:0}
.answer>div+div{border-left:1px solid var(--rule)}
.answer .label{font-size:13px;color:var(--muted)}
.answer .large{font-size:54px;line-height:1.1;font-weight:720;letter-spacing:-.025em;margin:2px 0 6px;overflow-wrap:anywhere}
.answer .large .icon{display:inline-block;min-width:.9em;font-weight:600}
.answer .edge-pass{border-top:6px solid var(--pass)}
.answer .edge-fail{border-top:6px double var(--fail)}
.answer .edge-unknown{border-top:6px dashed var(--unknown)}
.answer p{overflow-wrap:anywhere}
.answer .beside{margin-top:8px;padding-top:8px;border-top:1px solid var(--rule)}
.answer .beside b{font-size:17px}
.notice{border-left:4px solid var(--unknown);padding:6px 12px;margin:12px 0;background:var(--panel);overflow-wrap:anywhere}
.notice.fail{border-left-color:var(--fail);color:inherit}
.badge{white-space:nowrap;font-weight:650}
.badge .icon{display:inline-block;width:1.15em}
ul.reasons{padding-left:0;list-style:none}
ul.reasons li{padding:3px 0 3px 24px;text-indent:-24px;overflow-wrap:anywhere}
ul.reasons .icon{display:inline-block;width:24px;text-indent:0;font-weight:700}
`;

const TABLES = `
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4;margin:6px 0 4px}
caption{text-align:left;color:var(--muted);font-size:13px;padding-bottom:4px}
th,td{text-align:left;vertical-align:top;padding:6px 18px 6px 0;border-bottom:1px solid var(--rule);overflow-wrap:break-word;unicode-bidi:isolate}
th{font-weight:600}
thead th{font-size:13px;color:var(--muted);border-bottom:1px solid var(--ink);vertical-align:bottom}
th:last-child,td:last-child{padding-right:0}
.num{text-align:right;white-space:nowrap}
td .small,th .small{display:block;font-weight:400;overflow-wrap:anywhere}
td.tight{white-space:nowrap}
tbody tr.group th{padding-top:14px}
.cover table{table-layout:fixed;min-width:940px}
.cover th:nth-child(1){width:17%}.cover th:nth-child(2){width:15%}.cover th:nth-child(3){width:12%}.cover th:nth-child(4){width:10%}.cover th:nth-child(5){width:10%}
td.barcell{width:34%;min-width:170px;padding-top:3px;padding-bottom:3px}
th.barcell{width:34%;min-width:170px}
.scale{display:flex;justify-content:space-between;font-weight:400}
details{margin:8px 0}
summary{cursor:pointer;font-weight:600}
dl.terms{display:grid;grid-template-columns:max-content 1fr;gap:6px 20px;font-size:14px}
dl.terms dt{font-weight:600}
dl.terms dd{margin:0;max-width:76ch}
`;

const FIGURES = `
figure{margin:10px 0 22px}
figure svg{display:block;width:100%;height:auto}
figcaption{font-size:13px;color:var(--muted);margin-bottom:4px;overflow-wrap:anywhere}
figcaption b{color:var(--ink);font-weight:650;font-size:15px}
.narrow{display:none}
.grid{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:6px 26px}
.grid figure{margin:8px 0}.grid figcaption b{display:block}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13px;color:var(--muted);padding:0;list-style:none;margin:8px 0}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg{width:30px;height:14px;flex:none}
.strip{display:grid;grid-template-columns:minmax(96px,190px) 1fr minmax(64px,auto);column-gap:12px;font-size:13px;align-items:center}
.strip>*{min-width:0}
.strip svg,td.barcell svg{display:block;width:100%;overflow:visible}
.strip .name{overflow-wrap:anywhere;line-height:1.25;padding:2px 0}
.strip .len{color:var(--muted);text-align:right;line-height:1.25}
.strip .head{grid-column:1/-1;font-weight:650;border-bottom:1px solid var(--rule);margin-top:10px;padding-bottom:1px}
svg text{font-family:inherit}
`;

const NARROW = `
@media screen and (max-width:1000px){.grid{grid-template-columns:repeat(2,minmax(0,1fr))}th,td{padding-right:12px}}
@media screen and (max-width:680px){
main,footer{padding:0 16px}
header{padding-top:18px}
.answer{grid-template-columns:1fr}
.answer>div+div{border-left:0}
.answer .large{font-size:44px}
.grid{grid-template-columns:1fr}
.wide{display:none}.narrow{display:block}
.strip{grid-template-columns:86px 1fr 70px;column-gap:8px;font-size:12px}
.strip .roomy{display:none}
table.stack,table.stack tbody,table.stack tr,table.stack td,table.stack th{display:block;width:auto}
.cover table.stack,.cover table.stack th:nth-child(n){width:auto;min-width:0}
table.stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.stack tr{border-bottom:1px solid var(--rule);padding:9px 0}
table.stack td,table.stack tbody th{border:0;padding:1px 0;text-align:left;white-space:normal}
table.stack td[data-label]{display:grid;grid-template-columns:112px minmax(0,1fr);column-gap:8px}
table.stack td[data-label]::before{content:attr(data-label);color:var(--muted);font-size:13px}
table.stack td:empty{display:none}
table.stack.tiles tr{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:4px 8px}
table.stack.tiles tbody th{grid-column:1/-1}
table.stack.tiles td[data-label]{display:block}
table.stack.tiles td[data-label]::before{display:block}
table.stack.tiles td[data-label]:nth-child(2){grid-column:1/-1}
table.stack.tiles td[data-label]:nth-child(2)::before{content:none}
table.stack td.barcell{display:block;padding-top:6px}
table.stack td.barcell::before{content:none}
dl.terms{display:block}
dl.terms dd{margin-bottom:8px}
}
`;

const PRINT = `
@page{size:A4;margin:14mm 13mm}
@media print{
html{color-scheme:light}
body{font-size:9.5pt;line-height:1.4;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,footer{max-width:none;padding:0}
header{padding-top:0}
h1{font-size:15pt}h2{font-size:13pt;margin-top:22pt;break-after:avoid}h3,h2.minor{break-after:avoid;font-size:10.5pt;margin-top:12pt}
p.lead,figcaption,caption,.legend{break-after:avoid;break-inside:avoid}
p{orphans:3;widows:3}
table{font-size:8.5pt;break-inside:auto}
table.whole,figure,.answer,.strip,.notice,dl.terms>div{break-inside:avoid}
thead{display:table-header-group}
tr{break-inside:avoid}
.scroll{overflow:visible}
td.barcell,th.barcell{min-width:110px}
th,td{padding:3.5pt 8pt 3.5pt 0}
.answer .large{font-size:34pt}
.answer>div{padding:8pt 12pt 10pt}
small,.small,.runline,figcaption,caption,.legend,.strip,thead th{font-size:8pt}
figcaption b{font-size:10pt}
.grid{grid-template-columns:repeat(2,minmax(0,1fr))}
details:not([open]) summary::after{content:" (listed in report.json and in the page on a screen)";font-weight:400}
}
`;

/** The one style sheet: light and dark, phone to desk, and A4. */
export function styleSheet(): string {
  return paletteCss() + [BASE, FIRST_SCREEN, TABLES, FIGURES, NARROW, PRINT, OUTLINE].join('').replaceAll('\n', '');
}

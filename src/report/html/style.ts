/**
 * The look of the page. Quiet: type, space and one accent do the work; what is judged is green or red, and says so in
 * words, too. Numbers are tabular; charts are drawn by classes, so that one drawing serves every theme.
 */
export const STYLE: string = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:4rem}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0;padding:0}
ul,ol{list-style:none}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:.9em}
code{unicode-bidi:isolate}
svg{display:block;width:100%}
svg text{fill:var(--ink);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
[hidden]{display:none!important}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.on-paper{display:none}
.unseen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.quiet{color:var(--quiet)}
.strong{font-weight:600}
.skip{position:absolute;left:-999px;top:0;padding:.5rem 1rem;background:var(--surface);z-index:3}
.skip:focus{left:.5rem;top:.5rem}

.bar{position:sticky;top:0;z-index:2;background:var(--ground);border-bottom:1px solid var(--line)}
.inner{max-width:72rem;margin:0 auto;padding:0 1.5rem;height:3.25rem;display:flex;align-items:center;gap:1.5rem}
.brand{font-weight:650;letter-spacing:-.01em}
nav{flex:1;min-width:0;display:flex;gap:1.25rem;overflow-x:auto;scrollbar-width:none;height:100%;align-items:center}
nav a{color:var(--quiet);text-decoration:none;white-space:nowrap;font-size:.875rem;padding:.25rem 0}
nav a:hover{color:var(--ink)}
nav a[aria-current]{color:var(--ink);box-shadow:0 2px 0 var(--accent)}
button{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:.3rem .7rem;cursor:pointer}
button:hover:enabled{border-color:var(--quiet)}
.theme{font-size:.8125rem;white-space:nowrap}
.theme>span:first-child{margin-right:.4rem}

main{max-width:72rem;margin:0 auto;padding:0 1.5rem 3rem}
footer{max-width:69rem;margin:0 auto;padding:1.5rem 0;border-top:1px solid var(--line);color:var(--quiet);font-size:.8125rem}

.head{padding:3.5rem 0 0}
.eyebrow{color:var(--quiet);font-size:.9375rem}
.command{display:inline-block;background:var(--accent-soft);color:var(--accent);font-weight:600;font-size:.8125rem;border-radius:6px;padding:.1rem .55rem;margin-right:.5rem}
h1{font-size:clamp(1.5rem,1.1rem + 1.8vw,2.25rem);line-height:1.2;letter-spacing:-.02em;font-weight:640;max-width:30em;margin:.9rem 0 1rem;text-wrap:balance}
.meta{display:flex;flex-wrap:wrap;gap:.4rem 1.25rem;align-items:center;color:var(--quiet);font-size:.875rem}
.badge{border-radius:999px;padding:.15rem .7rem;font-weight:550}
.badge.better{background:var(--better-soft);color:var(--better)}
.badge.caution{background:var(--caution-soft);color:var(--caution)}

.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13.5rem),1fr));gap:.9rem;margin-top:2.25rem}
.states{display:grid;grid-template-columns:auto 1fr;gap:0 .6rem;color:var(--quiet);font-size:.8125rem;margin-top:.2rem}
.states>span{display:contents}
.states b{font-weight:500;color:var(--ink)}
.runs{display:grid;gap:.35rem}
.runs>div{display:grid;grid-template-columns:2.75rem 1fr}
.runs dt{color:var(--quiet)}
.setting{white-space:normal;max-width:28rem;overflow-wrap:anywhere}
.notes li+li{margin-top:.4rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13.5rem),1fr));gap:1rem .9rem;margin-top:1.1rem;font-size:.9375rem}
.figures>div{padding:0 1.2rem;border-left:1px solid var(--line)}
.figures dt{color:var(--quiet);font-size:.8125rem}
.figures .from,.figures .chip{font-size:.8125rem}
.figures .note{display:block}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:1.1rem 1.25rem 1.2rem;display:flex;flex-direction:column;min-width:0}
.card dt{color:var(--quiet);font-size:.8125rem}
.card dd{flex:1;display:flex;flex-direction:column;gap:.35rem}
.value{font-size:2.35rem;line-height:1.2;letter-spacing:-.03em;font-weight:620;white-space:nowrap}
.value .unit{font-size:.55em;letter-spacing:0;font-weight:500;color:var(--quiet)}
.card.same .value{color:var(--quiet);font-weight:560}
.was-now{display:flex;flex-wrap:wrap;gap:.3rem .5rem;align-items:baseline;font-size:.875rem}
.from{color:var(--quiet)}
.ratio{margin-top:.2rem}
.note{color:var(--quiet);font-size:.75rem;line-height:1.35;margin-top:auto}
.chip{display:inline-block;font-size:.8125rem;border-radius:6px;padding:0 .42rem;white-space:nowrap;background:var(--track);color:var(--ink)}
.chip .mark{font-weight:700;margin-right:.3rem}
.chip.same{background:none;padding:0;color:var(--quiet)}
.chip.better{background:var(--better-soft);color:var(--better)}
.chip.worse{background:var(--worse-soft);color:var(--worse)}
.card .chip{white-space:normal}

.next{margin-top:1.25rem;background:var(--surface);border:1px solid var(--line);border-left:3px solid var(--accent);border-radius:10px;padding:.85rem 1.15rem}
.next li+li{margin-top:.4rem}

section{padding-top:4rem}
h2{font-size:1.375rem;letter-spacing:-.015em;font-weight:640;line-height:1.3}
.wide+.message{margin-top:1rem}
.lead,.message{color:var(--quiet);margin-top:.25rem;max-width:60em}
.lead code,.message code{color:var(--ink)}
figure{margin-top:1.25rem;background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:1.15rem 1.25rem 1.25rem;min-width:0}
h3{font-size:.9375rem;font-weight:600}
figcaption{margin-bottom:.75rem}
.caption{color:var(--quiet);font-size:.8125rem;margin-top:.6rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:0 1.25rem;align-items:stretch}
.legend{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .4rem;color:var(--quiet);font-size:.8125rem;margin:-.4rem 0 .6rem}
.key{width:.75rem;height:.75rem;border-radius:3px;margin-left:.6rem}
.key:first-child{margin-left:0}
.key.was{background:var(--before)}
.key.now{background:var(--accent)}

.bars{display:grid;grid-template-columns:fit-content(15rem) minmax(4rem,1fr) auto;gap:.4rem .9rem;align-items:center;font-size:.875rem}
.bars li{display:contents}
.bar-name{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar-text{text-align:right;white-space:nowrap}
.bars rect.was,.plot rect.was,.places circle.was{fill:var(--before)}
rect.now,.places circle.now{fill:var(--accent)}
.bars .rest .bar-name{color:var(--quiet)}
.bars .culprit rect.now{fill:var(--worse)}
.bars.tall{grid-template-columns:3.5rem 1fr}
.bars.tall .bar-text{grid-column:2;text-align:left;white-space:normal;font-size:.8125rem}
.part.p0{fill:var(--accent);background:var(--accent)}
.part.p1{fill:var(--part-4);background:var(--part-4)}
.part.p2{fill:var(--before);background:var(--before)}
.part.p3{fill:var(--line);background:var(--line)}
rect.track{fill:var(--track)}
line.track{stroke:var(--line);stroke-width:4;stroke-linecap:round}
.places{overflow:visible;min-width:6rem}
.places circle{stroke:var(--surface);stroke-width:2}
.places circle.was{r:7px}

.plot{overflow:visible}
.plot.ruled{width:calc(100% - 3.6rem);margin-left:3.6rem}
.grid{stroke:var(--line);stroke-width:1}
.grid.base,.histogram .base{stroke:var(--before)}
svg .tick{fill:var(--quiet);font-size:11px}
svg .middle{text-anchor:middle}
svg .end{text-anchor:end}
path{vector-effect:non-scaling-stroke}
.area{fill:var(--accent);opacity:.85}
.area.first{fill:var(--before)}
.outline{fill:none;stroke:var(--before);stroke-width:1.5}
.course{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.dot{fill:var(--surface);stroke:var(--accent);stroke-width:1.5}
.dot.taken{fill:var(--accent)}
svg text.taken{fill:var(--accent);font-size:12px;font-weight:600}
svg .far{paint-order:stroke;stroke:var(--surface);stroke-width:4px}
line.original{stroke:var(--before);stroke-dasharray:4 3}
line.culprit{stroke:var(--worse);stroke-dasharray:3 3}
circle.culprit{fill:var(--worse)}
svg text.culprit{fill:var(--worse);font-weight:600}
.median{stroke:var(--ink);stroke-width:2}
.p95{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.zero{stroke:var(--line)}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,13rem),1fr));gap:1.25rem 1.5rem}
.multiples .bar-name{font-size:.8125rem;margin-bottom:.3rem}
.ends{display:flex;justify-content:space-between;gap:.5rem;font-size:.75rem;margin-top:.2rem}
.strip+.strip{margin-top:.9rem}
.strip p{display:flex;flex-wrap:wrap;gap:0 .9rem;align-items:baseline}
.strip .caption{margin:0}

.choices label{display:inline-block;font-size:.8125rem;border:1px solid var(--line);border-radius:8px;padding:.25rem .7rem;margin:0 .4rem .9rem 0;cursor:pointer;color:var(--quiet)}
.choice{position:absolute;opacity:0;pointer-events:none}
.choice:checked+label{background:var(--accent-soft);border-color:var(--accent);color:var(--accent)}
.choice:focus-visible+label{outline:2px solid var(--accent);outline-offset:2px}
.choosable{display:none}
.choice.c0:checked~.choosable.c0,.choice.c1:checked~.choosable.c1,.choice.c2:checked~.choosable.c2,.choice.c3:checked~.choosable.c3{display:block}
.tile{overflow:hidden;cursor:pointer}
.tile rect{fill:var(--part-1);stroke:var(--surface);stroke-width:2}
.tile.d1 rect{fill:var(--part-3)}
.tile.d2 rect{fill:var(--part-2)}
.tile.d3 rect{fill:var(--part-1)}
.tile:hover rect,.tile:focus-visible rect{fill:var(--part-4)}
.tile:focus-visible{outline:none}
.tile:focus-visible rect{stroke:var(--accent)}
.tile text{pointer-events:none}
.tile.tiny text{display:none}
.findings>li+li,.groups>li+li,.steps>li+li{margin-top:.9rem;padding-top:.9rem;border-top:1px solid var(--line)}
.remedy{color:var(--quiet)}
.targets{color:var(--quiet);font-size:.8125rem;margin-top:.15rem}
.groups{margin-top:1.25rem;background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:1.15rem 1.25rem}
figure .groups{margin:0;border:0;padding:0}
summary{cursor:pointer;font-size:.8125rem;color:var(--accent)}
.warnings{margin-top:1rem;background:var(--caution-soft);color:var(--caution);border-radius:10px;padding:.7rem 1rem}

.tools{display:flex;flex-wrap:wrap;gap:.5rem .75rem;align-items:center;margin-top:1rem;font-size:.875rem}
input[type=search]{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--before);border-radius:8px;padding:.35rem .7rem;width:min(22rem,100%)}
::placeholder{color:var(--quiet);opacity:1}
output{color:var(--quiet)}
.wide{position:relative;overflow:auto;max-height:min(46rem,85vh);margin-top:1rem;background:var(--surface);border:1px solid var(--line);border-radius:14px}
table{border-collapse:collapse;width:100%;font-size:.875rem;overflow-wrap:normal}
th,td{text-align:left;padding:.55rem .9rem;border-bottom:1px solid var(--line);vertical-align:baseline;white-space:nowrap}
th:first-child{padding-left:1.25rem}
td:last-child,th:last-child{padding-right:1.25rem}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:450}
tfoot>tr>*{border-top:1px solid var(--line);border-bottom:0;font-weight:600}
thead th{color:var(--quiet);font-weight:500;font-size:.8125rem;position:sticky;top:0;background:var(--surface);z-index:1}
tfoot>tr>*{position:sticky;bottom:0;background:var(--surface)}
.number{text-align:right}
td.words{white-space:normal;min-width:10rem}
td.members{white-space:normal;min-width:24rem}
td i{font-style:normal;color:var(--quiet)}
.layers small{display:block;color:var(--quiet);font-size:.8125rem;line-height:1.3}
.layers tbody tr{content-visibility:auto;contain-intrinsic-size:auto 3.2rem}
.layers tbody tr:hover{background:var(--raised)}
.picture{width:22%;vertical-align:middle;padding-left:1.5rem}
.cell-bar{width:5.5rem;margin:.25rem 0 0 auto}
.cell-bar rect{opacity:.75}
.sort{border:0;background:none;padding:.1rem .2rem;margin:0 -.2rem;color:inherit;white-space:nowrap}
.sort:disabled{cursor:default}
.sort:hover:enabled{color:var(--ink)}
[aria-sort] .sort{color:var(--ink);font-weight:600}
.sort::after,.number .sort::before{content:"";display:inline-block;width:.9em;color:var(--accent)}
.sort::after{padding-left:.2em}
.number .sort::after{display:none}
[aria-sort=ascending]:not(.number) .sort::after,[aria-sort=ascending].number .sort::before{content:"↑"}
[aria-sort=descending]:not(.number) .sort::after,[aria-sort=descending].number .sort::before{content:"↓"}
.differs th,.differs td{background:var(--accent-soft)}

.command-line{position:relative;margin-top:1rem;background:var(--surface);border:1px solid var(--line);border-radius:14px}
.command-line pre{padding:1rem 1.25rem;padding-right:5.5rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.6}
.command-line button{position:absolute;top:.7rem;right:.7rem;font-size:.8125rem}
.options{display:flex;flex-wrap:wrap;gap:.35rem;margin-top:.4rem}
.options code{background:var(--track);border-radius:6px;padding:.1rem .45rem}
.hash{white-space:nowrap;color:var(--quiet);font-size:.8125rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,16rem),1fr));gap:1rem 2rem;margin-top:1.5rem}
.facts dt{color:var(--quiet);font-size:.8125rem}
.ports li{padding:.15rem 0;font-size:.9375rem}

@media (max-width:40rem){
.inner{padding:0 1rem;gap:1rem}
main{padding:0 1rem 2rem}
.head{padding-top:2rem}
section{padding-top:2.75rem}
figure{padding:1rem}
.cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:.6rem}
.card{padding:.8rem .9rem}
.value{font-size:1.5rem}
.bars,.bars.tall{display:block}
.bars li{display:grid;grid-template-columns:1fr auto;gap:0 .75rem;padding:.3rem 0}
.bars li svg{grid-row:2;grid-column:1/3}
.bars.tall li{grid-template-columns:1fr}
.bars.tall li svg,.bars.tall .bar-text{grid-column:1;grid-row:auto}
footer{margin:0 1rem}
.figures{grid-template-columns:repeat(2,minmax(0,1fr))}
.figures>div{padding:0 0 0 .9rem}
.multiples{grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
.picture{display:none}
th,td{padding:.5rem .6rem}
th:first-child{padding-left:1rem}
}
@media print{
.on-paper{display:block}
.cards,.figures{grid-template-columns:repeat(4,minmax(0,1fr));gap:.6rem}
.card{padding:.7rem .8rem}
.value{font-size:1.5rem}
@page{margin:14mm}
body{font-size:11pt;background:#fff}
.bar,.tools,.needs-script,.skip{display:none!important}
main,footer{max-width:none;padding:0}
.head{padding-top:0}
section{padding-top:1.6rem}
h2,h3,figcaption{break-after:avoid}
figure,.card,.bars li,.groups li,tr,.next{break-inside:avoid}
.wide{overflow:visible;max-height:none}
thead th,tfoot>tr>*{position:static}
th,td{padding:.3rem .4rem;white-space:normal}
.number{white-space:nowrap}
.choices label,.choice{display:none}
.choosable{display:block!important;margin-top:.6rem}
.layers tbody tr{content-visibility:visible}
details::details-content{content-visibility:visible;display:block;height:auto}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`

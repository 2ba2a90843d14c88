/** The style of the page. A key or a cell is told by its sign and shape as well as by its colour. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--paper:#f7f5f0;--card:#fff;--ink:#1e2228;--soft:#59606c;--line:#e2ddd2;--brass:#85580c;--brass-soft:#f3e9d6;
--pass:#2b8a5e;--pass-ink:#1b6a46;--pass-sign:#fff;--fail:#c5302c;--fail-ink:#b02622;--fail-sign:#fff;--fail-soft:#fdf0ee;--warn:#e2a310;--warn-ink:#7d5600;--warn-sign:#2a1d00;--warn-soft:#fdf6e3;
--open:#8a90a0;--na:#d8d4ca;--na-sign:#6a6f7a;--code:#f3f1eb;--wait:#efebe2;--shadow:0 1px 2px #2a200a12,0 8px 28px #2a200a12;
--mono:ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace;--serif:"Iowan Old Style","Palatino Linotype",Palatino,Charter,Georgia,"DejaVu Serif",serif}
@media (prefers-color-scheme:dark){:root{--paper:#131519;--card:#1b1e24;--ink:#ebe8e1;--soft:#a7acb8;--line:#2f343d;--brass:#dcae5e;--brass-soft:#2d2618;
--pass:#45b382;--pass-ink:#6bd0a1;--pass-sign:#06130c;--fail:#f0645e;--fail-ink:#ff8f89;--fail-sign:#1d0403;--fail-soft:#2b1a1b;--warn:#f1b72f;--warn-ink:#f3c65a;--warn-sign:#221800;--warn-soft:#2a2416;
--open:#7d8493;--na:#353a44;--na-sign:#9aa0ad;--code:#14171b;--wait:#242831;--shadow:0 1px 2px #0006,0 8px 28px #0005}}
*{box-sizing:border-box}:root{--side:clamp(1rem,3.5vw,2.75rem)}
html{scroll-padding-top:6.4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans","DejaVu Sans",sans-serif}
header,main,footer{max-width:1320px;margin:0 auto;padding:0 var(--side)}
h1,h2,h3,h4,p,ul,ol,dl,dd,blockquote{margin:0;padding:0}ul,ol{list-style:none}
a{color:inherit;text-underline-offset:.18em}small{font-size:1em;font-weight:400;color:var(--soft)}
code,pre{font-family:var(--mono);font-size:.86em}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
:focus-visible{outline:2px solid var(--brass);outline-offset:2px;border-radius:4px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:9}
[hidden]{display:none!important}
header{padding-top:2rem}
.brand{display:flex;gap:.6rem;align-items:center;color:var(--brass);font-weight:600;letter-spacing:.01em}
.title{display:flex;flex-wrap:wrap;gap:1.25rem 3rem;justify-content:space-between;align-items:end;margin:1.5rem 0 1.5rem}
h1{font:600 clamp(2.3rem,6vw,3.9rem)/1.02 var(--serif);letter-spacing:-.02em;overflow-wrap:anywhere}h1 small{font-size:.42em;letter-spacing:0;white-space:nowrap}
.badges{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:1rem}
.badge{border:1px solid var(--line);background:var(--card);border-radius:99px;padding:.12rem .7rem;font-size:.86rem}
.badge.clock{background:var(--brass-soft);border-color:transparent;color:var(--brass);font-weight:600}.badge.real{background:none;border:1px dashed var(--brass)}
.badge.off{color:var(--soft);background:none;border-style:dashed;text-decoration:line-through}
.verdict{display:grid;text-align:right}.verdict strong{font:600 clamp(1.6rem,3.6vw,2.3rem)/1.15 var(--serif)}.verdict span{color:var(--soft)}
header.pass .verdict strong,header.warn .verdict strong{color:var(--pass-ink)}header.fail .verdict strong{color:var(--fail-ink)}
.bar{display:flex;gap:3px;height:16px}.bar i{min-width:5px;flex-basis:0;background:var(--na)}.bar i:first-child{border-radius:8px 0 0 8px}.bar i:last-child{border-radius:0 8px 8px 0}.bar i:only-child{border-radius:8px}
.bar .pass{background:var(--pass)}.bar .fail{background:var(--fail)}.bar .warn{background:var(--warn)}.bar .not-tested{background:repeating-linear-gradient(135deg,var(--open) 0 2px,transparent 2px 6px)}
.tiles{display:flex;flex-wrap:wrap;gap:.35rem .5rem;margin:.85rem -.6rem 0}
.tile{display:flex;align-items:center;gap:.5rem;padding:.25rem .6rem;border-radius:8px;text-decoration:none}.tile b{font-variant-numeric:tabular-nums}.js .tile:hover{background:var(--card)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(10rem,42%),1fr));gap:1rem 1.5rem;margin:1.6rem 0 0;padding:1.1rem 0;border-top:1px solid var(--line)}
dt{font-size:.82rem;color:var(--soft)}@media (min-width:641px){.facts time{white-space:nowrap}}dd{font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:600;padding:.3rem 0;width:fit-content;max-width:100%}
.kinds{border-top:1px solid var(--line);padding:.55rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.3rem 1.4rem .3rem 0;text-align:right;border-bottom:1px solid var(--line)}th:first-child{text-align:left}thead th{font-weight:400;color:var(--soft);font-size:.86rem}
.scroll{overflow-x:auto}
.key,.cell{display:inline-grid;place-items:center;border-radius:5px;background:var(--na);color:var(--na-sign);font:700 12px/1 var(--mono);text-decoration:none;flex:none}
.key{width:15px;height:15px;font-size:10px;border-radius:4px}.cell{width:24px;height:24px}.round{border-radius:50%}
.key.pass,.cell.pass{background:var(--pass)}.key.fail,.cell.fail{background:var(--fail);color:var(--fail-sign)}.key.warn,.cell.warn{background:var(--warn);color:var(--warn-sign)}
.key.not-tested,.cell.not-tested{background:none;border:1.5px dashed var(--open);color:var(--soft)}.key.shape{background:none;border:1.5px solid var(--soft)}
.key.fail::before,.cell.fail::before{content:"✕"/""}.key.warn::before,.cell.warn::before{content:"!"/""}.key.not-applicable::before,.cell.not-applicable::before{content:"–"/""}
main{padding-bottom:3rem}
h2{font:600 1.65rem/1.2 var(--serif);margin:2.6rem 0 .9rem}h2 small{font:400 .95rem system-ui,sans-serif;margin-left:.4rem}
#filter{display:none}.js #filter{position:sticky;top:0;z-index:5;display:flex;flex-wrap:wrap;gap:.6rem .8rem;align-items:end;background:var(--paper);padding:.8rem var(--side);margin:.8rem calc(-1*var(--side)) 0;border-bottom:1px solid var(--line)}
#filter label span{display:block;font-size:.8rem;color:var(--soft)}#filter :is(input,select,button){height:2.35rem}#filter .text{flex:1 1 14rem}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.36rem .65rem;max-width:100%}
input{width:100%}button{cursor:pointer}button:hover{border-color:var(--brass)}output{flex:none;min-width:6.5rem;padding:.42rem 0;color:var(--soft);font-variant-numeric:tabular-nums;text-align:right}
::placeholder{color:var(--soft);opacity:1}
.legend{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;font-size:.88rem;color:var(--soft);margin-bottom:1.1rem}.legend>span{display:inline-flex;gap:.45rem;align-items:center}.legend .shapes{margin-left:.6rem}
.stage{display:flex;gap:1.75rem;align-items:start}#matrix{flex:1;min-width:0}
.chapters{columns:29rem;column-gap:1rem}
.chapter{break-inside:avoid;background:var(--card);border-radius:14px;box-shadow:var(--shadow);padding:1.1rem 1.25rem 1.2rem;margin-bottom:1rem}
.chapter h3{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;text-transform:capitalize;font:600 1.16rem var(--serif);margin-bottom:.65rem}.chapter h3 small{font:400 .84rem system-ui,sans-serif;text-transform:none}
.section{display:grid;grid-template-columns:9.5rem 1fr;gap:.1rem .9rem;padding:.28rem 0}.section h4{font-weight:400;font-size:.88rem;line-height:24px;color:var(--soft)}
.section ul{display:flex;flex-wrap:wrap;gap:4px}.section li{display:flex}
.cell:hover{outline:2px solid var(--ink);outline-offset:1px}.cell:focus-visible{border-radius:5px;outline:2.5px solid var(--brass)}.cell.round:focus-visible{border-radius:50%}.cell[aria-current]{outline:2.5px solid var(--ink);outline-offset:2px}
#panel{position:sticky;top:5.4rem;flex:0 0 24rem;margin-top:2.6rem;max-height:calc(100vh - 6.5rem);overflow:auto;background:var(--card);border-radius:14px;box-shadow:var(--shadow);padding:1rem 1.25rem 1.25rem}
.panel-top{display:flex;justify-content:space-between;align-items:center;gap:1rem;margin-bottom:.4rem}.panel-top h2{margin:0;font-size:1.35rem}
#panel h3{display:block;font:inherit;margin:0}#panel h3 .id{display:none}#panel .requirement{padding:0;border:0}
.where{font-size:.87rem;color:var(--soft)}.where span::before{content:"· "}#panel .where span{display:block}#panel .where span::before{content:""}
.sentence{margin:.65rem 0}.state{display:inline-flex;gap:.4rem;align-items:center;font:600 .9rem system-ui,sans-serif}.state.pass{color:var(--pass-ink)}.state.fail{color:var(--fail-ink)}.state.warn{color:var(--warn-ink)}
.checks{font-size:.89rem;display:grid;gap:.4rem;margin:.7rem 0}.checks li{display:flex;gap:.55rem}.checks .key{margin-top:.2rem}.checks code,.check code{color:var(--brass);overflow-wrap:anywhere}.checks em{color:var(--soft);font-style:normal}.more{font-size:.88rem;color:var(--soft)}
.failure{background:var(--card);border-radius:14px;box-shadow:var(--shadow);padding:1.25rem clamp(1rem,2.5vw,1.75rem);margin-bottom:1.1rem;border-left:5px solid var(--fail)}.failure.warn{border-left-color:var(--warn)}
.failure h3{display:flex;flex-wrap:wrap;align-items:center;gap:.55rem;font:600 1.25rem var(--serif)}.failure h3 small{font:400 .9rem system-ui,sans-serif}
.case{display:grid;gap:.4rem 2.5rem;grid-template-columns:minmax(0,1fr)}@media (min-width:1000px){.case:has(.diagram[open]){grid-template-columns:minmax(0,2fr) minmax(0,3fr)}}
blockquote{font:400 1.08rem/1.5 var(--serif);margin:.55rem 0 .8rem;max-width:52rem}.failure h4{font-weight:600;font-size:.9rem;margin:.9rem 0 .3rem}.check{margin:.3rem 0 .7rem;color:var(--soft)}
.said{background:var(--fail-soft);color:var(--fail-ink);border-radius:8px;padding:.75rem .95rem;max-height:18rem;overflow:auto;font-size:.88rem}.warn>.said{background:var(--warn-soft);color:var(--warn-ink)}
.known{margin:.7rem 0;color:var(--warn-ink)}#stale li{padding:.2rem 0}.input{background:var(--code);border-radius:8px;padding:.75rem .95rem;max-height:14rem;overflow:auto}
.replay{display:flex;gap:.5rem;align-items:stretch;margin:.3rem 0 .8rem;max-width:100%}.replay code{flex:0 1 auto;min-width:0;background:var(--code);border-radius:8px;padding:.55rem .9rem;overflow-wrap:anywhere}.replay code::before{content:"$ "/"";color:var(--soft)}.copy{display:none;align-self:start}.js .copy{display:block}.copy.done{border-color:var(--pass);color:var(--pass-ink)}
.diagram .scroll{padding:.5rem 0 .2rem}.sequence{display:block;max-width:100%;height:auto}.others ul{display:grid;gap:.5rem;padding:.4rem 0 0}.others .replay{margin:.25rem 0}
.sequence text{font:11.5px system-ui,"Liberation Sans","DejaVu Sans",sans-serif;fill:var(--ink);text-anchor:middle}.sequence .time{text-anchor:end;fill:var(--soft);font-size:11px}
.life{stroke:var(--line);stroke-width:1.5}.lane rect{fill:var(--card);stroke:var(--soft);stroke-width:1.2}.lane.subject rect{fill:var(--brass-soft);stroke:var(--brass)}.lane text{font-weight:600;font-size:12.5px}
.message line{stroke:var(--ink);stroke-width:1.4}.message path{fill:var(--ink)}.message text{paint-order:stroke;stroke:var(--card);stroke-width:4px}.message.answer line{stroke-dasharray:5 3}
.message.good line{stroke:var(--pass)}.message.good path,.message.good text{fill:var(--pass)}.message.good text{fill:var(--pass-ink)}.message.bad line{stroke:var(--fail)}.message.bad path{fill:var(--fail)}.message.bad text{fill:var(--fail-ink)}
.message.quiet line{stroke:var(--open)}.message.quiet path{fill:var(--open)}.message.quiet text{fill:var(--soft)}
.note rect{fill:var(--card);stroke:var(--open)}.note.good rect{stroke:var(--pass)}.note.bad rect{fill:var(--fail-soft);stroke:var(--fail)}.note.good text{fill:var(--pass-ink)}.note.bad text{fill:var(--fail-ink)}
.wait rect{fill:var(--wait)}.sequence .wait text{font-weight:600;fill:var(--soft)}.sequence .gap text{fill:var(--soft)}.ending rect{fill:var(--fail)}.sequence .ending text{fill:var(--fail-sign);font-weight:600}.failure.warn .ending rect{fill:var(--warn)}.failure.warn .ending text{fill:var(--warn-sign)}
.wire ol{font-size:.88rem;max-height:32rem;overflow:auto;background:var(--code);border-radius:8px;padding:.4rem .9rem;margin:.3rem 0}
.wire li{display:grid;grid-template-columns:5.2rem 6.6rem minmax(0,1fr);gap:.7rem;padding:.28rem 0;border-bottom:1px solid var(--line)}.wire li:last-child{border:0}.wire code{overflow-wrap:anywhere;white-space:pre-wrap}.when{color:var(--soft);text-align:right;font-variant-numeric:tabular-nums}.way{font-weight:600;white-space:nowrap}.suite .way{color:var(--brass)}.refused .way{color:var(--fail-ink)}.wire .skipped{display:block;color:var(--soft);text-align:center}
.of-chapter{border-top:1px solid var(--line)}.of-chapter>summary{text-transform:capitalize;font-size:1.05rem;padding:.6rem 0}
.requirement{padding:1rem 0 1.1rem;border-top:1px solid var(--line);max-width:62rem}.requirement h3{display:flex;gap:.9rem;align-items:center;font:600 1rem var(--mono)}
footer{padding-top:1.5rem;padding-bottom:2.5rem;color:var(--soft);font-size:.87rem;border-top:1px solid var(--line)}
@media (max-width:1050px){#panel{position:fixed;inset:auto 0 0 0;margin:0;max-height:62vh;z-index:8;border-radius:16px 16px 0 0;box-shadow:0 -6px 40px #0005}}
@media (max-width:640px){.verdict{text-align:left}.section{grid-template-columns:1fr}.section h4{line-height:1.5}.js #filter{position:static}#filter label{flex:1 1 8rem}#filter select{width:100%}output{text-align:left}.cell{width:28px;height:28px}.wire li{grid-template-columns:auto 1fr}.when{text-align:left}.wire code{grid-column:1/-1}.chapters{columns:auto}html{scroll-padding-top:1rem}}
@media (forced-colors:active){.cell,.key,.bar i{forced-color-adjust:none}}
@media print{:root{--paper:#fff;--shadow:none}body{font-size:11px}#filter,#panel,.copy,.skip{display:none!important}header,main,footer{max-width:none;padding:0}.cell,.key,.bar i,.said,.wait rect,.ending rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}.cell{width:15px;height:15px}.chapter,.failure{border:1px solid var(--line);break-inside:avoid}.failure{break-inside:auto}.sequence{max-width:100%;height:auto}.wire ol{max-height:none}.said,.input{max-height:none}}
`;

const LIGHT =
  `--paper:#f7f5f0;--card:#fff;--ink:#1e2228;--soft:#59606c;--line:#e2ddd2;--brass:#85580c;--brass-soft:#f3e9d6;
--pass:#2b8a5e;--pass-ink:#1b6a46;--fail:#c5302c;--fail-ink:#b02622;--sign:#fff;--warn:#e2a310;--warn-ink:#7d5600;--warn-sign:#2a1d00;
--bar:#9db4cc;--aimed:#c4831a;--shadow:0 1px 2px #2a200a12,0 8px 28px #2a200a12;
--series-0:#0068a8;--series-1:#cf5300;--series-2:#007d5c;--series-3:#b04d86;--series-4:#8f6a00;--series-5:#2f8fc4;--series-6:#6a4bb0;--series-7:#4a4f58`;
const DARK =
  `--paper:#131519;--card:#1b1e24;--ink:#ebe8e1;--soft:#a7acb8;--line:#2f343d;--brass:#dcae5e;--brass-soft:#2d2618;
--pass:#45b382;--pass-ink:#6bd0a1;--fail:#f0645e;--fail-ink:#ff8f89;--sign:#06130c;--warn:#f1b72f;--warn-ink:#f3c65a;--warn-sign:#221800;
--bar:#5d7590;--aimed:#dca548;--shadow:0 1px 2px #0006,0 8px 28px #0005;
--series-0:#56b4e9;--series-1:#ff8a3d;--series-2:#2fc79b;--series-3:#e58fc0;--series-4:#f0dc55;--series-5:#8fb2ff;--series-6:#bf9dff;--series-7:#c9ccd3`;

/**
 * The style of the page: the manner of the conformance report. Its colours of lines are told apart by people who see
 * no red or no green (after Okabe and Ito, darkened and lightened until each stands out by 3 to 1), and lines differ in
 * how they are broken besides.
 */
export const PAGE_STYLE = `
:root{color-scheme:light dark;${LIGHT};--side:clamp(1rem,3.5vw,2.75rem);
--mono:ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace;--serif:"Iowan Old Style","Palatino Linotype",Palatino,Charter,Georgia,"DejaVu Serif",serif}
@media (prefers-color-scheme:dark){:root{${DARK}}}
:root.paper{color-scheme:light;${LIGHT};--paper:#fff;--shadow:none}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans","DejaVu Sans",sans-serif}
header,main,footer{max-width:1320px;margin:0 auto;padding:0 var(--side)}
h1,h2,h3,p,ul,ol,dl,dd,figure,fieldset{margin:0;padding:0;border:0}ul,ol{list-style:none}
a{color:inherit;text-underline-offset:.18em}small{font-size:.87em;font-weight:400;color:var(--soft)}
:focus-visible{outline:2px solid var(--brass);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:9}
[hidden]{display:none!important}
header{padding-top:2rem}
.brand{display:flex;gap:.6rem;align-items:center;color:var(--brass);font-weight:600}
.title{display:flex;flex-wrap:wrap;gap:.3rem 2rem;align-items:baseline;justify-content:space-between;margin:1.3rem 0 1.4rem}
h1{font:600 clamp(2.1rem,5.4vw,3.5rem)/1.05 var(--serif);letter-spacing:-.02em}
header.pass h1{color:var(--pass-ink)}header.fail h1{color:var(--fail-ink)}header.warn h1{color:var(--warn-ink)}
.detail{color:var(--soft);font-size:1.05rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(11rem,42%),1fr));gap:1rem 1.5rem;padding:1.1rem 0;border-top:1px solid var(--line)}
dt{font-size:.82rem;color:var(--soft)}dd{font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{padding-bottom:3rem}
h2{font:600 1.65rem/1.2 var(--serif);margin:2.4rem 0 .9rem}
.goals{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fill,minmax(min(25rem,100%),1fr))}
.goal{display:grid;grid-template-columns:auto minmax(0,1fr) auto;gap:.1rem .8rem;align-items:start;background:var(--card);border-radius:12px;box-shadow:var(--shadow);padding:.8rem 1rem .9rem;border-left:5px solid var(--pass)}
.goal.missed{border-left-color:var(--fail)}.goal.unmeasured{border-left:5px dashed var(--warn)}
.goal p{overflow-wrap:anywhere}.goal a{font-weight:600;text-decoration:none}.goal a:hover{text-decoration:underline}.goal small{display:block}.reached{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.goal.met .reached b,.state.met{color:var(--pass-ink)}.goal.missed .reached b,.state.missed{color:var(--fail-ink)}.goal.unmeasured .reached b,.state.unmeasured{color:var(--warn-ink)}.state{font-weight:600}
.key{display:inline-grid;place-items:center;width:20px;height:20px;border-radius:6px;font:700 12px/1 var(--mono);background:var(--pass);color:var(--sign);margin-top:.1rem}
.key.met::before{content:"✓"/""}.key.missed{background:var(--fail)}.key.missed::before{content:"✕"/""}.key.unmeasured{background:var(--warn);color:var(--warn-sign)}.key.unmeasured::before{content:"?"/""}
.track{grid-column:1/-1;position:relative;height:8px;margin-top:.55rem;border-radius:4px;background:linear-gradient(90deg,transparent calc(50% - 1px),var(--soft) 0 calc(50% + 1px),transparent 0),var(--line)}
.track i{position:absolute;top:1px;bottom:1px;background:var(--pass)}.track b{position:absolute;width:12px;height:12px;top:-2px;margin-left:-6px;border-radius:50%;background:var(--pass);border:2px solid var(--card)}
.missed .track i,.missed .track b{background:var(--fail)}
#filter{display:none}.js #filter{display:flex;flex-wrap:wrap;gap:.6rem .8rem;align-items:end;margin-top:2rem;padding:1rem 0;border:1px solid var(--line);border-width:1px 0}
#filter label>span{display:block;font-size:.8rem;color:var(--soft)}#filter .text{flex:1 1 14rem}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.36rem .65rem;max-width:100%}
input[type=search]{width:100%}#filter :is(input[type=search],select,button){height:2.35rem}button{cursor:pointer}button:hover{border-color:var(--brass)}button[aria-pressed=true]{background:var(--brass-soft);border-color:var(--brass);color:var(--brass)}
output{flex:none;min-width:6.5rem;padding:.42rem 0;color:var(--soft);font-variant-numeric:tabular-nums;text-align:right}
::placeholder{color:var(--soft);opacity:1}
fieldset{flex:1 1 100%;min-width:0;display:flex;flex-wrap:wrap;gap:.35rem}legend{font-size:.8rem;color:var(--soft);padding:0;margin-bottom:.2rem}
.chip{display:inline-flex;gap:.35rem;align-items:center;border:1px solid var(--line);background:var(--card);border-radius:99px;padding:.1rem .75rem .1rem .5rem;cursor:pointer;max-width:100%}.chip:hover{border-color:var(--brass)}.chip input{accent-color:var(--brass);margin:0}
#filter .chip span{font-size:.9rem;color:var(--ink);overflow-wrap:anywhere}#filter .chip:has(input:not(:checked)) span{color:var(--soft);text-decoration:line-through}
.figures{display:grid;gap:1.1rem;grid-template-columns:repeat(auto-fit,minmax(min(33rem,100%),1fr))}
figure{min-width:0;background:var(--card);border-radius:14px;box-shadow:var(--shadow);padding:1.1rem clamp(.8rem,2vw,1.4rem) .8rem}
figcaption{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:center;justify-content:space-between;margin-bottom:.5rem}h3{font:600 1.16rem/1.3 var(--serif);overflow-wrap:anywhere;flex:1 1 auto}
.log{display:none;font-size:.86rem;padding:.12rem .7rem;border-radius:99px}.js .log{display:block}
.legend{flex:1 1 100%;display:flex;flex-wrap:wrap;gap:.15rem 1rem;font-size:.88rem;color:var(--soft)}.legend span{display:inline-flex;gap:.4rem;align-items:center;overflow-wrap:anywhere}.legend [data-key]{color:var(--ink)}.legend svg{flex:none}
.swatch{width:14px;height:14px;border-radius:4px;background:var(--bar);flex:none}.swatch.aimed{background:var(--aimed)}.swatch.floor{background:var(--soft);width:2px;border-radius:0}
.canvas{display:none;position:relative}.js .canvas{display:block}.wide .canvas{height:21rem}
summary{cursor:pointer;font-weight:600;padding:.3rem 0;width:fit-content;font-size:.9rem;color:var(--soft)}
.scroll{overflow-x:auto;max-height:24rem}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem;min-width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:.2rem}th,td{padding:.25rem .9rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child{text-align:left}tbody th{font-weight:600}thead th{font-weight:400;color:var(--soft)}td.why,.why td{text-align:left;white-space:normal;color:var(--soft);font-style:italic}
.subjects{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem}.subjects li{overflow-wrap:anywhere}sup{font-size:1em;line-height:1;vertical-align:baseline}.notes{margin-top:.9rem;display:grid;gap:.25rem;max-width:60rem;font-size:.93rem}.notes li{overflow-wrap:anywhere}
footer{padding-top:1.5rem;padding-bottom:2.5rem;color:var(--soft);font-size:.87rem;border-top:1px solid var(--line)}
@media (max-width:640px){.detail{width:100%}#filter label{flex:1 1 8rem}#filter .chip{flex:0 1 auto}output{text-align:left}.goal{grid-template-columns:auto minmax(0,1fr)}.reached{grid-column:2;text-align:left}.wide .canvas{height:17rem}}
@media (forced-colors:active){.key,.track,.track i,.track b,.swatch{forced-color-adjust:none}}
@media print{body{font-size:11px}#filter,.skip,.log,.js details{display:none!important}header,main,footer{max-width:none;padding:0}figure,.goal{break-inside:avoid;border:1px solid var(--line)}h2{break-after:avoid}.key,.track,.track i,.track b,.swatch{print-color-adjust:exact;-webkit-print-color-adjust:exact}.figures{grid-template-columns:1fr 1fr}.wide{grid-column:1/-1}}
`;

# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the report looks: on a screen by day and by night, on a phone, and on paper."""

from __future__ import annotations

# Neither < nor & may stand in it: the page is read as XML as well.
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f4f6f9; --card: #ffffff; --raised: #f7f9fb; --line: #e1e6ed; --text: #1b2430; --soft: #566275;
  --done: #2f6fb2; --done-soft: #bcd4ec; --good: #23704f; --good-ground: #e4f3ec;
  --bad: #b3261e; --bad-soft: #f0b8b3; --bad-ground: #fceceb;
  --warn: #865500; --warn-ground: #fdf3dd; --back: #7a5ea8; --back-soft: #d3c6ea; --back-ground: #f1ecf9;
  --grey: #98a3b3; --band: #eef2f7; --band-odd: #e3eaf2; --band-back: #efe8f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f141b; --card: #171e27; --raised: #1c2530; --line: #2b3644; --text: #e5eaf1; --soft: #9dabbd;
    --done: #5b9fe0; --done-soft: #2c4d70; --good: #6fcfa0; --good-ground: #16332a;
    --bad: #ff8a80; --bad-soft: #7a2e2a; --bad-ground: #3a1c1d;
    --warn: #f0be5e; --warn-ground: #372b13; --back: #b79df0; --back-soft: #4b3d70; --back-ground: #2a2340;
    --grey: #6c7a8d; --band: #1d2631; --band-odd: #243040; --band-back: #2a2440;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 1120px; padding: 32px 24px 48px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1, h2, h3, h4, p, dl, dd, ul { margin: 0; padding: 0; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; unicode-bidi: isolate; }
h2 { font-size: 21px; line-height: 1.3; letter-spacing: -0.01em; unicode-bidi: isolate; }
h3 { font-size: 13px; font-weight: 650; letter-spacing: 0.05em; text-transform: uppercase; color: var(--soft);
    margin-bottom: 10px; }
h4 { font-size: 15px; font-weight: 600; margin: 16px 0 6px; display: flex; gap: 8px; align-items: center; }
ul { list-style: none; }
a { color: var(--done); text-underline-offset: 2px; }
header { margin-bottom: 20px; }
.period, .note { color: var(--soft); font-size: 14px; }
.note { margin: 6px 0; }
.id { font: 13px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--soft); }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 24px; margin-bottom: 24px;
}
section { margin-top: 28px; padding-top: 22px; border-top: 1px solid var(--line); }
.overview section { margin: 0; padding: 0; border: 0; }
.pool-head { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
.summary { margin-top: 8px; font-size: 17px; }
.reason { margin-top: 8px; padding-left: 12px; border-left: 3px solid var(--line); color: var(--soft); }
section + .note { margin-top: 20px; }
footer { color: var(--soft); font-size: 14px; }

.definitions { position: absolute; width: 0; height: 0; overflow: hidden; }
.icon { width: 1.1em; height: 1.1em; flex: none; vertical-align: -0.18em; fill: none; stroke: currentColor;
  stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.badge { display: inline-flex; gap: 6px; align-items: center; padding: 3px 11px 3px 8px; border-radius: 99px;
    font-size: 14px;
  font-weight: 600; white-space: nowrap; color: var(--soft); background: var(--raised);
    border: 1px solid var(--line); }
.badge-unknown { white-space: normal; }
.badge-ok { color: var(--good); background: var(--good-ground); border-color: transparent; }
.badge-failed { color: var(--bad); background: var(--bad-ground); border-color: transparent; }
.badge-stopped { color: var(--warn); background: var(--warn-ground); border-color: transparent; }
.badge-back, .badge-planned { color: var(--back); background: var(--back-ground); border-color: transparent; }

.rehearsal { display: flex; gap: 14px; align-items: center; margin-bottom: 20px; padding: 16px 20px;
    border-radius: 14px;
  border: 2px dashed var(--back); background: var(--back-ground); }
.rehearsal > .icon { width: 30px; height: 30px; color: var(--back); }
.rehearsal strong { font-size: 19px; line-height: 1.3; color: var(--back); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 10px; margin-top: 18px; }
.tile { padding: 12px 14px; border-radius: 10px; background: var(--raised); border: 1px solid var(--line); }
.tile dd { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em;
    display: flex; gap: 7px; align-items: center; }
.tile dt { font-size: 13.5px; color: var(--soft); }
.tile.bad { background: var(--bad-ground); border-color: var(--bad-soft); }
.tile.bad dd { color: var(--bad); }
.tile .icon { width: 18px; height: 18px; }
section.bad > h3, .icon-failed, .icon-error { color: var(--bad); }
.icon-warning { color: var(--warn); }
.icon-info { color: var(--done); }
.facts { display: grid; grid-template-columns: minmax(80px, max-content) 1fr; gap: 4px 20px; }
.facts dt { color: var(--soft); }

table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: 13.5px; font-weight: 600; color: var(--soft); padding: 0 14px 7px 0;
    border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td { vertical-align: top; padding: 9px 14px 9px 0; border-bottom: 1px solid var(--line); unicode-bidi: isolate; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; white-space: nowrap; padding-right: 26px; }
.code { display: block; min-width: 13ch; }
td .icon-wave, td .icon-canary, td .icon-repair, td .icon-rollback { margin-right: 8px; color: var(--soft); }
h4 .icon { color: var(--soft); }
td .badge + .note { margin-top: 6px; }
.names { line-height: 22px; }
.name { display: inline-block; padding: 0 7px; margin: 0 2px 3px 0; border-radius: 6px; background: var(--raised);
  border: 1px solid var(--line); font-size: 13.5px; line-height: 20px; unicode-bidi: isolate; }
td .names { margin-bottom: -3px; }
td > div { min-width: 5.5em; }
td.number > div { min-width: 0; }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--done); font-weight: 600; }
.failure { margin: 6px 0; }
.finding { display: flex; gap: 10px; padding: 11px 0; border-top: 1px solid var(--line); }
.finding:first-child { border-top: 0; padding-top: 0; }
.finding > .icon { width: 19px; height: 19px; margin-top: 2px; }
.finding .action { color: var(--soft); }

.timeline { display: grid; grid-template-columns: 116px minmax(0, 1fr); gap: 10px; padding-right: 8px; }
.timeline svg, .swatch { display: block; width: 100%; overflow: visible; }
.timeline text { font-size: 11.5px; fill: var(--soft); }
.labels text { text-anchor: end; }
.labels .failed-name { fill: var(--bad); font-weight: 650; }
.labels .count { fill: var(--grey); }
.band-even { fill: var(--band); }
.band-odd { fill: var(--band-odd); }
.band-back { fill: var(--band-back); }
.chart .wave { text-anchor: middle; font-weight: 650; }
.chart .sign use { fill: none; stroke: var(--soft); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round;
    }
.chart text.step { font-weight: 650; fill: var(--text); }
line.step { stroke: var(--grey); stroke-width: 1.5; }
.tick { stroke: var(--line); stroke-width: 1; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.done { fill: var(--done); }
.failed { fill: url(#h-failed); stroke: var(--bad); stroke-width: 0.8; }
.back { fill: url(#h-back); }
.open { fill: var(--card); stroke: var(--grey); stroke-width: 1; stroke-dasharray: 3 2; }
.cross { overflow: visible; }
.cross path, path.cross { stroke: var(--bad); stroke-width: 2; fill: none; stroke-linecap: round; }
.skipped { fill: url(#h-other); }
.free { fill: var(--done-soft); }
.used { fill: url(#h-back); }
.band-key { fill: var(--band-odd); stroke: var(--line); }
.ground-failed { fill: var(--bad-soft); } .line-failed { fill: var(--bad); }
.ground-back { fill: var(--back-soft); } .line-back { fill: var(--back); }
.ground-other { fill: var(--band); } .line-other { fill: var(--grey); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 12px; font-size: 13.5px; color: var(--soft); }
.key { display: inline-flex; gap: 7px; align-items: center; }
.swatch { width: 26px; height: 12px; flex: none; }
.shares { display: block; width: 100%; height: 10px; margin: 12px 0 4px; border-radius: 5px;
    background: var(--band-odd);
  overflow: hidden; }
h4 + .shares { margin-bottom: 12px; }
td .shares { min-width: 90px; margin: 6px 0; }
.drift { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 14px 40px;
    margin-top: 10px; }
.drift-title { font-weight: 600; }
.drift-line { display: grid; grid-template-columns: 48px minmax(0, 1fr) 48px; gap: 10px; align-items: center;
    font-size: 14px; }
.drift-line > :last-child { font-weight: 600; }
.drift-when { color: var(--soft); }
.drift-bar { display: block; width: 100%; height: 11px; background: var(--band); border-radius: 3px; }
.drift-before { fill: url(#h-other); }
.drift-after { fill: var(--done); }

@media screen and (max-width: 760px) {
  body { padding: 18px 12px 32px; }
  h1 { font-size: 25px; }
  article { padding: 18px 16px; border-radius: 12px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tile { padding: 9px 11px; }
  .tile dd { font-size: 19px; }
  .timeline { grid-template-columns: 96px minmax(0, 1fr); gap: 6px; }
  .timeline text { font-size: 11px; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: 8px; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody { display: block; }
  tr { display: flex; flex-wrap: wrap; gap: 2px 20px; padding: 10px 0; border-bottom: 1px solid var(--line); }
  tbody tr:first-child { padding-top: 0; }
  tbody tr:last-child { border-bottom: 0; }
  td, td:last-child { flex: 1 0 100%; display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 12px;
    padding: 1px 0; border: 0;
    min-width: 0; max-width: 100%; }
  td > div { min-width: 0; }
  td.number { flex: none; display: flex; padding-right: 0; gap: 8px; text-align: left; }
  td:first-child { display: block; font-weight: 600; }
  td::before { content: attr(data-label); color: var(--soft); font-size: 14px; line-height: 1.6; }
  td:first-child::before, td[data-label=""]::before { content: none; }
  td[data-label=""] { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --card: #ffffff; --raised: #ffffff; --line: #ccd3dc; --text: #000000; --soft: #444f5e;
    --done: #2f6fb2; --done-soft: #bcd4ec; --good: #1c5c41; --good-ground: #ffffff;
    --bad: #a01c15; --bad-soft: #f0b8b3; --bad-ground: #ffffff;
    --warn: #6e4600; --warn-ground: #ffffff; --back: #6a4f99; --back-soft: #d3c6ea; --back-ground: #ffffff;
    --grey: #8591a2; --band: #f1f4f8; --band-odd: #e6ecf3; --band-back: #f1ecf9;
  }
  @page { margin: 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  article { border: 0; border-radius: 0; padding: 0; }
  article + article { break-before: page; }
  .overview + article { break-before: auto; }
  .badge { border-color: currentColor; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(80px, 1fr)); gap: 6px; }
  .tile { padding: 7px 9px; }
  .tile dd { font-size: 11.5pt; }
  .timeline { padding-right: 12px; }
  h2, h3, h4, .pool-head, .summary { break-after: avoid; }
  .legend, .drift { break-before: avoid; }
  tr, .finding, .figures, .timeline, .legend, .drift { break-inside: avoid; }
  summary { display: none; }
  details::details-content { content-visibility: visible; height: auto; display: block; }
}
"""

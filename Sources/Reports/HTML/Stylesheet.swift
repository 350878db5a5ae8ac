/// The look of every page: system fonts, one accent, the Okabe-Ito colours, which stay apart for colour-blind readers.
enum Stylesheet {
  static let text = [palette, layout, verdict, tables, plots, media].joined(separator: "\n")

  private static let dark = """
    --paper: #14171b; --card: #1c2026; --ink: #e8eaed; --muted: #a3abb5; --line: #343b44; --faint: #262c34;
    --model: #56b4e9; --compared: #f0a13c; --random: #98a2ad; --pixels: #3fc9a0;
    --good: #3fc9a0; --bad: #ff8a5c; --caution: #f0c04a; --shade: #ffffff14;
    """

  private static let palette = """
    :root {
      color-scheme: light dark;
      --paper: #ffffff; --card: #f6f7f9; --ink: #1a1e24; --muted: #59636f; --line: #d5dae0; --faint: #e9ecf0;
      --model: #0072b2; --compared: #d55e00; --random: #7a848f; --pixels: #008060;
      --good: #00775a; --bad: #b84a00; --caution: #8a6400; --shade: #0000000f;
    }
    @media (prefers-color-scheme: dark) { :root { \(dark) } }
    """

  private static let layout = """
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
    }
    header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
    header { padding-top: 2.5rem; }
    footer { padding-bottom: 3rem; color: var(--muted); font-size: .875rem; }
    h1 { font-size: clamp(1.5rem, 1.1rem + 1.8vw, 2.15rem); line-height: 1.18; letter-spacing: -.018em; margin: 0 0 .5rem; text-wrap: balance; }
    .whole { white-space: nowrap; }
    h2 { font-size: 1.3rem; line-height: 1.25; letter-spacing: -.01em; margin: 3.25rem 0 .35rem; }
    h3 { font-size: 1.02rem; margin: 2rem 0 .25rem; }
    p { margin: .5rem 0; max-width: 44rem; }
    a { color: var(--model); text-underline-offset: .15em; }
    .eyebrow { margin: 0 0 .5rem; color: var(--muted); font-size: .8125rem; letter-spacing: .02em; }
    .subject { color: var(--muted); margin: 0; max-width: none; overflow-wrap: anywhere; }
    .lead { color: var(--muted); }
    .note { color: var(--muted); font-size: .875rem; }
    code, .hash { font: .86em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
    pre { background: var(--card); border: 1px solid var(--faint); border-radius: 8px; padding: .8rem 1rem; margin: .75rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
    nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 1.4rem 0 0; padding: .65rem 0 0; border-top: 1px solid var(--line); font-size: .875rem; }
    nav a { color: var(--muted); text-decoration: none; }
    nav a:hover { color: var(--ink); text-decoration: underline; }
    :focus-visible { outline: 2px solid var(--model); outline-offset: 2px; border-radius: 3px; }
    sub { line-height: 0; }
    ul.plain { margin: .5rem 0; padding-left: 1.15rem; max-width: 44rem; }
    ul.plain li { margin: .3rem 0; }
    """

  private static let verdict = """
    .verdict { display: grid; grid-template-columns: minmax(0, 1fr) 11.5rem; gap: 1.25rem 2rem; margin: 1.75rem 0 0; padding: 1.4rem 1.5rem 1.3rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
    .verdict.alone { grid-template-columns: minmax(0, 1fr); }
    .verdict h2 { margin: 0 0 .4rem; font-size: 1.6rem; letter-spacing: -.015em; color: var(--tone); }
    .verdict p { margin: .4rem 0; }
    .verdict ul.plain { color: var(--muted); font-size: .9375rem; }
    .verdict .label { margin: 0; color: var(--muted); font-size: .875rem; }
    .tone-bottleneck { --tone: var(--bad); } .tone-none { --tone: var(--good); }
    .tone-tied { --tone: var(--caution); } .tone-notIdentifiable { --tone: var(--muted); }
    .verdict figure { margin: 0; }
    .verdict img { display: block; width: 100%; height: auto; border-radius: 6px; image-rendering: auto; background: var(--faint); }
    .verdict figcaption { color: var(--muted); font-size: .8125rem; line-height: 1.4; margin-top: .45rem; }
    .badge { color: var(--tone); font-weight: 600; white-space: nowrap; }
    .gates { list-style: none; margin: .75rem 0; padding: 0; font-size: .9375rem; }
    .gates li { display: grid; grid-template-columns: 5.6rem 14.5rem minmax(0, 1fr); gap: 0 .75rem; padding: .38rem 0; border-top: 1px solid var(--faint); }
    .gates .state { font-weight: 600; } .gates .name { color: var(--muted); }
    .passed { color: var(--good); } .failed { color: var(--bad); } .unneeded { color: var(--muted); }
    .ladder { list-style: none; display: flex; margin: 1.5rem 0 0; padding: 0; gap: 1.75rem; counter-reset: none; }
    .ladder li { position: relative; flex: 1 1 0; padding: .7rem .85rem .75rem; border: 1px solid var(--line); border-radius: 8px; font-size: .875rem; line-height: 1.4; color: var(--muted); }
    .ladder li + li::before { content: "\\2192"; position: absolute; left: -1.42rem; top: 50%; transform: translateY(-50%); font-size: 1.1rem; color: var(--muted); }
    .ladder strong { display: block; color: var(--ink); font-size: .9375rem; }
    .ladder .loss { display: block; }
    .ladder li.named { border-color: var(--bad); box-shadow: inset 0 3px 0 var(--bad); }
    .ladder li.unprobed { border-style: dashed; }
    """

  private static let tables = """
    .scroll { overflow-x: auto; margin: .75rem 0; max-width: 100%; }
    table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; width: 100%; font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--muted); font-size: .8125rem; padding: 0 0 .4rem; }
    th, td { text-align: left; vertical-align: baseline; padding: .36rem 1rem .36rem 0; border-bottom: 1px solid var(--faint); font-weight: 400; }
    th:last-child, td:last-child { padding-right: 0; }
    thead th { color: var(--muted); font-size: .8125rem; border-bottom: 1px solid var(--line); vertical-align: bottom; }
    .number { text-align: right; white-space: nowrap; } thead .number { white-space: normal; min-width: 4.5rem; }
    .dense th, .dense td { white-space: nowrap; } .interval { color: var(--muted); }
    .facts { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 0; margin: .75rem 0; font-size: .9375rem; }
    .facts dt, .facts dd { margin: 0; padding: .36rem 0; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
    .facts dt { color: var(--muted); padding-right: 1.25rem; }
    details { margin: .6rem 0; }
    summary { cursor: pointer; color: var(--muted); font-size: .875rem; padding: .2rem 0; }
    summary:hover { color: var(--ink); }
    .contrasts { margin: 1rem 0 0; }
    .contrast { display: grid; grid-template-columns: 10.25rem minmax(0, 1fr) 11.5rem 10.5rem; gap: 0 1rem; align-items: center; font-size: .875rem; }
    .contrast .number { text-align: left; font-variant-numeric: tabular-nums; }
    .contrast .meaning { color: var(--muted); } .contrast .of { display: block; color: var(--muted); font-size: .8125rem; } .contrast { padding: .12rem 0; }
    .target-head { margin: 1.1rem 0 .1rem; padding-top: .7rem; border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 0 .9rem; align-items: baseline; }
    .target-head h3 { margin: 0; }
    """

  private static let plots = """
    .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19.5rem), 1fr)); gap: .5rem 1.5rem; margin: .5rem 0 0; }
    .panels figure { margin: 0; max-width: 34rem; }
    .panels figcaption { font-size: .875rem; color: var(--ink); padding: .25rem 0 .1rem; }
    .plot { display: block; width: 100%; height: auto; overflow: visible; }
    .plot text { font-size: 11px; fill: var(--muted); font-variant-numeric: tabular-nums; }
    .plot .axis { fill: var(--ink); }
    .grid { stroke: var(--faint); } .zero { stroke: var(--muted); stroke-width: 1; } .ticks { stroke: var(--line); }
    .reference { stroke: var(--muted); stroke-dasharray: 1 3; stroke-linecap: round; }
    .baseline { stroke: var(--pixels); stroke-width: 1.2; stroke-dasharray: 5 3; opacity: .7; }
    .whisker { stroke: var(--pixels); stroke-width: 1.6; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .curve.model { stroke: var(--model); } .curve.compared { stroke: var(--compared); stroke-dasharray: 6 5; stroke-linecap: butt; }
    .curve.random { stroke: var(--random); stroke-dasharray: 2 4; }
    .curve.truth { stroke: var(--ink); stroke-width: 1.6; } .start.truth { fill: var(--ink); } .start.frames { fill: var(--pixels); } .start.model { fill: var(--model); }
    .curve.frames { stroke: var(--pixels); stroke-dasharray: 5 3; stroke-linecap: butt; }
    .curve.earlier-1 { stroke: var(--model); stroke-width: 1.5; stroke-dasharray: 7 4; opacity: .75; stroke-linecap: butt; }
    .curve.earlier-2, .curve.earlier-3 { stroke: var(--model); stroke-width: 1.5; stroke-dasharray: 2 3; opacity: .75; stroke-linecap: butt; }
    .band.model { fill: var(--model); opacity: .16; } .band.compared { fill: var(--compared); opacity: .14; }
    .band.random { fill: var(--random); opacity: .14; }
    .mark.model { fill: var(--model); } .mark.compared { fill: var(--paper); stroke: var(--compared); stroke-width: 1.4; } .mark.pixels { fill: var(--pixels); }
    .maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); gap: .75rem 1.25rem; margin: .6rem 0 0; }
    .maps figure { margin: 0; max-width: 20rem; } .maps figcaption { color: var(--muted); font-size: .8125rem; margin-top: .3rem; }
    .map { display: block; width: 100%; height: auto; overflow: hidden; border-radius: 6px; background: var(--faint); }
    .map use { filter: grayscale(1); } .cells.over { opacity: .58; } .definitions { position: absolute; }
    .scenes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: .9rem 1.25rem; margin: .6rem 0 0; }
    .scenes figure { margin: 0; max-width: 24rem; } .scenes figcaption { color: var(--muted); font-size: .8125rem; margin-top: .3rem; }
    .scene { display: block; width: 100%; height: auto; overflow: hidden; border-radius: 6px; background: var(--faint); }
    .casing { fill: none; stroke: #10151b; stroke-width: 3.6; stroke-linecap: round; }
    .sight { fill: none; stroke-width: 1.8; stroke-linecap: round; } .sight.truth { stroke: #ffffff; }
    .sight.model { stroke: #56b4e9; } .sight.frames { stroke: #3fd9a4; stroke-dasharray: 3 4; }
    .spot { stroke: #10151b; stroke-width: 1.2; } .spot.model { fill: #56b4e9; } .spot.frames { fill: #3fd9a4; } .spot.compared { fill: #f0a13c; }
    .scenes figcaption p { margin: .2rem 0; }
    .map-legend { max-width: 13rem; margin: .6rem 0 0; }
    .hit { fill: transparent; }
    .mark.random { fill: var(--paper); stroke: var(--random); stroke-width: 1.4; }
    .legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; list-style: none; margin: 1rem 0 0; padding: 0; font-size: .875rem; }
    .legend li { display: flex; align-items: center; gap: .5rem; } .legend svg { width: 36px; height: 14px; flex: none; }
    .strip { display: block; width: 100%; height: 28px; overflow: visible; }
    .strip text { font-size: 11px; fill: var(--muted); font-variant-numeric: tabular-nums; }
    .strip .margin { fill: var(--shade); } .strip .edge { stroke: var(--muted); stroke-dasharray: 3 3; }
    .strip .span { stroke-width: 2.5; stroke-linecap: round; } .strip .cap { stroke-width: 2; }
    .strip .loses { stroke: var(--bad); fill: var(--bad); } .strip .keeps { stroke: var(--good); fill: var(--good); }
    .strip .open { stroke: var(--random); fill: var(--random); }
    """

  private static let media = """
    @media screen and (max-width: 48rem) {
      .contrast { grid-template-columns: minmax(0, 1fr) auto; padding: .3rem 0; }
      .contrast { gap: 0 .6rem; } .contrast > :first-child { white-space: nowrap; } .contrast .number { font-size: .8125rem; } .contrast .strip-cell { grid-column: 1 / -1; grid-row: 2; } .contrast .meaning { grid-column: 1 / -1; }
      .contrast.scale-row > :not(.strip-cell) { display: none; }
      .ladder { flex-direction: column; gap: 1.4rem; } .ladder li { flex: none; }
      .ladder li + li::before { content: "\\2193"; left: 1rem; top: -.72rem; }
      .gates li { grid-template-columns: 5.6rem minmax(0, 1fr); } .gates .reason { grid-column: 1 / -1; }
    }
    @media screen and (max-width: 40rem) {
      header, main, footer { padding-left: 1rem; padding-right: 1rem; } header { padding-top: 1.5rem; }
      .verdict { grid-template-columns: minmax(0, 1fr); padding: 1.1rem 1.1rem 1rem; } .verdict figure { max-width: 11.5rem; }
      .facts { grid-template-columns: minmax(0, 1fr); } .facts dt { border-bottom: 0; padding-bottom: 0; } .facts dd { padding-top: 0; }
      .plot text { font-size: 12.5px; } tbody th { min-width: 9rem; } .dense tbody th { min-width: 0; }
    }
    @media print {
      :root { color-scheme: light; --paper: #ffffff; --card: #f6f7f9; --ink: #000000; --muted: #444b54; --line: #c3c9d0; --faint: #e4e7eb;
        --model: #0072b2; --compared: #d55e00; --random: #7a848f; --pixels: #008060; --good: #00775a; --bad: #b84a00; --caution: #8a6400; --shade: #0000000f; }
      @page { margin: 16mm 14mm; }
      body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      header, main, footer { max-width: none; padding: 0; } nav { display: none; }
      h2, h3, .target-head, summary, caption { break-after: avoid; }
      figure, .maps, .scenes, .verdict, .contrast, .ladder, tr, .gates li { break-inside: avoid; }
      .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding-right: .6rem; } .number { white-space: normal; } .panels { grid-template-columns: 1fr 1fr; } .maps, .scenes { grid-template-columns: repeat(3, 1fr); } thead { display: table-header-group; }
      .contrast { grid-template-columns: 8.5rem minmax(0, 1fr) 9.25rem 8rem; gap: 0 .6rem; font-size: 8pt; } .contrast .of { font-size: 7pt; }
      .gates, .facts, .verdict ul.plain { font-size: 9pt; } .gates li { grid-template-columns: 5rem 11rem minmax(0, 1fr); } details .gates { display: none; }
      details:not(.long)::details-content { content-visibility: visible; display: block; block-size: auto; }
      details.long { display: none; }
    }
    """
}

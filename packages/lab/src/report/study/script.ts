/** Added to the style of all pages. */
export const studyStyle = `
.words p { margin: .35rem 0 .6rem; }
.controls { display: flex; flex-wrap: wrap; gap: .4rem 1rem; max-width: none; }
section { border-top: 1px solid var(--line); margin-top: 2.4rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
.controls button, nav a { font-size: .9rem; }
.controls button { font: inherit; font-size: .9rem; color: inherit; background: none; border: 1px solid var(--line);
  border-radius: 6px; padding: .2rem .7rem; cursor: pointer; }
.controls [data-switch][aria-pressed=true] { border-color: var(--ink); font-weight: 600; }
.controls [data-series][aria-pressed=false] { opacity: .45; text-decoration: line-through; }
svg circle { transition: fill-opacity .1s; }
svg circle:hover { fill-opacity: 1; }
section:not(.linear) .x-linear, section.linear .x-logarithmic { display: none; }
section:not(.smooth) g[aria-description][aria-hidden=true] { display: none; }
section.smooth :is(.x-linear, .x-logarithmic) g[aria-description][aria-label=line]:not([aria-hidden]) { display: none; }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(380px, 100%), 1fr)); }
.words p { max-width: 95ch; }
figure { max-width: 640px; }
section th, section td { padding: .35rem .55rem; font-size: .88rem; }
section td:nth-child(2) { white-space: normal; min-width: 9em; }
svg.line { margin-right: .5em; vertical-align: middle; }
.winners td, .winners th { white-space: normal; text-align: left; }
.warning { border-left: 4px solid #d55e00; padding-left: .8rem; }
`;

/** Buttons show and hide an optimizer everywhere, and switch the axes and the smoothing of a section. */
export const studyScript = `
for (const button of document.querySelectorAll('button[data-series]')) {
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    const of = (name) => (element) => element.getAttribute(name) === button.dataset.series;
    for (const other of [...document.querySelectorAll('button[data-series]')].filter(of('data-series'))) {
      other.setAttribute('aria-pressed', String(on));
    }
    for (const mark of [...document.querySelectorAll('g[aria-description]')].filter(of('aria-description'))) {
      mark.style.display = on ? '' : 'none';
    }
  });
}
for (const button of document.querySelectorAll('button[data-switch]')) {
  button.addEventListener('click', () => {
    const on = button.closest('section').classList.toggle(button.dataset.switch);
    button.setAttribute('aria-pressed', String(on));
  });
}
`;

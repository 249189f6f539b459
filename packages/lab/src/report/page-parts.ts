/** Style and script of the report page. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dce1; --paper: #fcfcfd; --card: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceef2; --soft: #a3a9b3; --line: #3a3f47; --paper: #15171a; --card: #1d2024; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1480px; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p { max-width: 75ch; }
.lead { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; color: var(--soft); font-size: .85rem; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .5em; }
.legend { max-width: none; }
.item { white-space: nowrap; margin-right: 1.2em; }
.legend button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px;
  padding: .2rem .7rem; cursor: pointer; }
.legend button[aria-pressed=false] { opacity: .45; text-decoration: line-through; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; padding: .9rem 1rem .5rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .3rem; }
figure svg { width: 100%; height: auto; display: block; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
pre { padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
@media (max-width: 640px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
`;

/** The legend's buttons show and hide a contestant in all charts. */
export const script = `
for (const button of document.querySelectorAll('[data-series]')) {
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    for (const mark of document.querySelectorAll('g[aria-description]')) {
      if (mark.getAttribute('aria-description') === button.dataset.series) mark.style.display = on ? '' : 'none';
    }
  });
}
`;

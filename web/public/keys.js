// Shortcuts, and the palette, which is fetched when it is first asked for. Single keys do nothing while a person types,
// and can be turned off in the settings (WCAG 2.1.4).

const opener = document.querySelector('.find');
const single = document.documentElement.dataset.shortcuts !== 'off';
const TYPING = 'input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable], [role=textbox]';
const FILTERS = ':is([data-filter], input[type=search], .filters input:not([type=hidden]), .filters select)';
const SEQUENCE_MS = 1500;

/** Until when a letter after `g` names a page. */
let goesUntil = 0;
let loaded = null;
let loading = false;

const KEYS = {
  n: () => location.assign(opener.dataset.new),
  '/': () => {
    const field = document.querySelector(`main ${FILTERS}`);
    if (field === null) void use((palette) => palette.openPalette());
    else field.focus();
  },
  j: () => move(1),
  k: () => move(-1),
  t: () => void use((palette) => palette.toggleTheme()),
  '.': () => void use((palette) => palette.openPalette(true)),
  '?': () => void use((palette) => palette.showKeys()),
};

if (opener !== null) {
  const hint = opener.querySelector('kbd');
  if (/Mac|iPhone|iPad/.test(navigator.platform)) hint.textContent = '⌘ K';
  opener.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void use((palette) => palette.openPalette());
  });
  document.addEventListener('keydown', pressed);
}

function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    void use((palette) => palette.openPalette());
    return;
  }
  if (!single || loading || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING) || document.querySelector('dialog[open]') !== null) return;
  const going = Date.now() < goesUntil;
  goesUntil = !going && event.key === 'g' ? Date.now() + SEQUENCE_MS : 0;
  const run = going ? pageOf(event.key) : Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (run === null) return;
  event.preventDefault();
  run();
}

function pageOf(key) {
  const link = /^[a-z]$/.test(key) ? document.querySelector(`.bar a[data-key="${key}"]`) : null;
  return link === null ? null : () => link.click();
}

// The first link of a row leads to what the row is about, so that Enter opens it.
function move(step) {
  const links = [...document.querySelectorAll('main tbody tr')].flatMap((row) => row.querySelector('a[href]') ?? []);
  const at = links.findIndex((link) => link.closest('tr') === document.activeElement?.closest('tr'));
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** Once the palette is there it opens at once; until then keys wait for it, so that what is typed early does nothing else. */
async function use(run) {
  if (loaded === null && loading) return;
  try {
    loading = true;
    loaded ??= await import(opener.dataset.palette);
    run(loaded);
  } catch {
    location.assign(opener.href); // without the palette there is still the page
  }
  loading = false;
}

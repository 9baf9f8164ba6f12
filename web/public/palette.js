// The palette: every page, every action of the page one is on, and whatever the server finds, by name; and the list of
// shortcuts. All of it is made of elements, never of markup.

const opener = document.querySelector('.find');
const WAIT_MS = 150;
const MOST_RECENT = 8;
const MOST_SHOWN = 30;
const RECENT = 'xeenet-recent';
const SHORTCUTS = [
  ['Ctrl K or ⌘ K', 'Search and commands'],
  ['.', 'Actions of this page'],
  ['/', 'Search or filter on this page'],
  ['j and k', 'Next and previous row of a table; Enter opens it'],
  ['g, then a letter', ''],
  ['n', 'New brief'],
  ['t', 'Light or dark'],
  ['?', 'This list'],
];

let palette = null;
let entries = [];
let hits = [];
let chosen = 0;
let onlyActions = false;
let timer = 0;
let asking = null;

/** Opens the palette; with `actions` it lists those of the page alone until something is typed. Opens once, closes when asked again. */
export function openPalette(actions = false) {
  palette ??= makePalette();
  if (palette.dialog.open) {
    palette.dialog.close();
    return;
  }
  onlyActions = actions;
  hits = [];
  palette.input.value = '';
  palette.status.textContent = '';
  palette.dialog.showModal();
  palette.input.focus();
  list();
}

/** Shows all shortcuts. */
export function showKeys() {
  const close = element('button', { type: 'button', className: 'secondary', textContent: 'Close' });
  const rows = SHORTCUTS.map(([keys, what]) => element('div', {}, element('dt', {}, ...keysOf(keys)), element('dd', { textContent: what || pagesText() })));
  const title = element('h2', { id: 'keys-title', textContent: 'Keyboard shortcuts' });
  const off = document.documentElement.dataset.shortcuts === 'off';
  const note = element('p', { className: 'fine', textContent: off ? 'Shortcuts of a single key are turned off in the settings.' : 'Shortcuts of a single key can be turned off in the settings.' });
  const dialog = element('dialog', { className: 'palette keys' }, element('article', {}, element('header', {}, title, close), element('dl', {}, ...rows), note));
  dialog.setAttribute('aria-labelledby', title.id);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  closeOutside(dialog);
  document.body.append(dialog);
  dialog.showModal();
}

/** Turns light into dark and dark into light, here and for later pages. */
export function toggleTheme() {
  const now = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  return setTheme(now === 'dark' ? 'light' : 'dark');
}

async function setTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  await fetch(opener.dataset.look, { method: 'POST', body: new URLSearchParams({ theme }), redirect: 'manual' });
}

function makePalette() {
  const input = element('input', { type: 'text', placeholder: 'Search, or type a command', autocomplete: 'off', spellcheck: false });
  const results = element('ul', { id: 'palette-list' });
  const status = element('p', { className: 'fine' });
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-label': 'Search, or type a command', 'aria-controls': results.id, 'aria-expanded': 'true', 'aria-autocomplete': 'list' })) input.setAttribute(name, value);
  results.setAttribute('role', 'listbox');
  results.setAttribute('aria-label', 'Results');
  status.setAttribute('role', 'status');
  const dialog = element('dialog', { className: 'palette' }, element('article', {}, input, results, status));
  dialog.setAttribute('aria-label', 'Search and commands');
  input.addEventListener('input', typed);
  input.addEventListener('keydown', pressed);
  results.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option !== null) void run(entries[[...results.children].indexOf(option)]);
  });
  closeOutside(dialog);
  document.body.append(dialog);
  return { dialog, input, results, status };
}

function closeOutside(dialog) {
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}

function pressed(event) {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && entries.length > 0) choose((chosen + step + entries.length) % entries.length);
  else if (event.key === 'Enter') void run(entries[chosen]);
  else return;
  event.preventDefault();
}

function typed() {
  clearTimeout(timer);
  asking?.abort();
  hits = [];
  list();
  const text = palette.input.value.trim();
  if (text === '') return;
  timer = setTimeout(() => ask(text), WAIT_MS);
}

async function ask(text) {
  asking = new AbortController();
  try {
    const answer = await fetch(`${opener.dataset.hits}?${new URLSearchParams({ q: text })}`, { signal: asking.signal });
    const found = answer.ok ? (await answer.json()).hits : [];
    hits = found.map(({ kind, name, id, state, href }) => ({ name, hint: state === null ? kind : `${kind} · ${state}`, title: id, href }));
    list();
  } catch {
    if (!asking.signal.aborted) palette.status.textContent = 'The server does not answer.';
  }
}

// What was used before comes first, then what the page offers, then pages and everything else; then what was found.
function list() {
  const text = palette.input.value.trim();
  const words = text.toLowerCase().split(/\s+/);
  const recent = readRecent();
  const actions = [...pageActions(), ...(onlyActions && text === '' ? [] : commands())];
  const used = recent.flatMap((one) => actions.find((action) => action.name === one.name) ?? (one.href === undefined || onlyActions ? [] : one));
  const all = [...new Map([...used, ...actions].map((entry) => [`${entry.name} ${entry.href ?? ''}`, entry])).values()];
  const known = text === '' ? all : all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const fresh = hits.filter((hit) => known.every((entry) => entry.href !== hit.href));
  const more = text === '' ? [] : [{ name: `Search for “${text}”`, hint: 'all results', href: `${opener.href}?${new URLSearchParams({ q: text })}`, passing: true }];
  entries = [...known, ...fresh].slice(0, MOST_SHOWN).concat(more);
  palette.results.replaceChildren(...entries.map(optionOf));
  palette.status.textContent = entries.length === 0 ? 'This page has no actions.' : `${entries.length - more.length} found`;
  choose(0);
}

function optionOf({ name, hint, title }, index) {
  const option = element('li', { id: `palette-${index}` }, element('span', { textContent: name, title: title ?? name }), element('small', { textContent: hint ?? '' }));
  option.setAttribute('role', 'option');
  return option;
}

function choose(index) {
  chosen = index;
  for (const [at, option] of [...palette.results.children].entries()) option.setAttribute('aria-selected', String(at === index));
  const option = palette.results.children[index];
  if (option === undefined) palette.input.removeAttribute('aria-activedescendant');
  else palette.input.setAttribute('aria-activedescendant', option.id);
  option?.scrollIntoView({ block: 'nearest' });
}

async function run(entry) {
  if (entry === undefined) return;
  if (entry.passing !== true) remember(entry);
  const said = entry.run === undefined ? undefined : await entry.run();
  if (said !== undefined) {
    palette.status.textContent = said;
    return;
  }
  palette.dialog.close();
  if (entry.element?.isConnected) entry.element.click();
  else if (entry.href !== undefined) location.assign(entry.href);
}

/** Buttons and links by which the page lets one do something, by the words on them; those of a menu also while it is closed. */
function pageActions() {
  const found = document.querySelectorAll('main :is(.head, .answer) :is(form.action button, .actions button, a[role=button], .menu li a), main [data-action]');
  const shown = [...found].filter((one) => (one.checkVisibility() || one.closest('.menu li') !== null) && !one.disabled);
  return shown.map((one) => ({ name: one.dataset.action || one.textContent.trim(), hint: 'this page', element: one })).filter(({ name }) => name !== '');
}

function commands() {
  const pages = [...document.querySelectorAll('.bar a[data-key]')].map((link) => ({ name: `Go to ${link.textContent.trim()}`, hint: `g ${link.dataset.key}`, href: link.href }));
  const looks = [['light', 'Light theme'], ['dark', 'Dark theme'], ['system', 'Theme as the system does']].map(([theme, name]) => ({ name, hint: 'theme', run: () => void setTheme(theme) }));
  return [{ name: 'New brief', hint: 'n', href: opener.dataset.new }, ...pages, ...looks, { name: 'Copy the link to this page', hint: '', run: copyLink }, { name: 'Keyboard shortcuts', hint: '?', run: () => void queueMicrotask(showKeys) }];
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    return 'The link is copied.';
  } catch {
    return `The browser does not let it be copied: ${location.href}`;
  }
}

function readRecent() {
  try {
    const kept = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.name === 'string' && (one.href === undefined || /^\/(?!\/)/.test(one.href))) : [];
  } catch {
    return []; // no storage, or not ours
  }
}

function remember({ name, hint, href }) {
  const kept = href?.startsWith('/') ? { name, hint, href } : { name };
  try {
    localStorage.setItem(RECENT, JSON.stringify([kept, ...readRecent().filter((one) => one.name !== name)].slice(0, MOST_RECENT)));
  } catch {
    // a browser that keeps nothing still has the palette
  }
}

function pagesText() {
  return [...document.querySelectorAll('.bar a[data-key]')].map((link) => `${link.dataset.key} ${link.textContent.trim()}`).join(', ');
}

function keysOf(text) {
  return text.split(/( or | and |, then .*)/).filter((part) => part !== '').map((part, index) => (index % 2 === 0 ? element('kbd', { textContent: part }) : part));
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

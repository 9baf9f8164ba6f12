// The log of an attempt: more lines while a person scrolls, the end while it is followed, and every match of a search.
// Only lines around what is on screen are in the page, however long the log is.

const view = document.querySelector('.log-view');
const scroll = view.querySelector('.log-scroll');
const list = scroll.querySelector('ol');
const follow = view.querySelector('.follow');
const form = view.querySelector('form');
const found = view.querySelector('#found');
const region = document.getElementById('end');

const STEP = 200;
const MOST_LINES = 2000;
const NEAR_PX = 600;
const MOST_MATCHES = 100_000;

let total = Number(view.dataset.total);
let following = false;
let search = form.elements.q.value;
let matches = null;
let current = Number(list.querySelector('.current')?.id.slice(1) ?? 0);
let busy = Promise.resolve();

follow.hidden = false;
view.querySelector('.pager')?.replaceChildren(...[['First', () => show(1)], ['Last', () => setFollowing(true, true)]].map(([text, go]) => button(text, go)));
follow.addEventListener('click', () => setFollowing(!following, true));
scroll.addEventListener('scroll', scrolled, { passive: true });
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void find();
});
form.addEventListener('click', (event) => {
  const step = event.target.closest('[data-step]');
  if (step === null || matches === null) return;
  event.preventDefault();
  stepTo(Number(step.dataset.step));
});
form.elements.q.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || matches === null || form.elements.q.value !== search) return;
  event.preventDefault();
  stepTo(event.shiftKey ? -1 : 1);
});
window.addEventListener('hashchange', () => goToHash());
new MutationObserver(grown).observe(region, { subtree: true, childList: true, attributes: true, characterData: true });

if (!goToHash() && current > 0) center(current);
else if (!location.hash && !/[?&](from|after|before|q)=/.test(location.search)) setFollowing(true, true);
if (search !== '') void find(false);

function goToHash() {
  const line = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
  if (line > 0) void show(line);
  return line > 0;
}

// One change of the list after the other, so that none works on lines that another takes away.
function inTurn(work) {
  busy = busy.then(work, work);
  return busy;
}

function firstShown() {
  return Number(list.firstElementChild?.id.slice(1) ?? 1);
}

function lastShown() {
  return Number(list.lastElementChild?.id.slice(1) ?? 0);
}

function isAtEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 8;
}

function scrolled() {
  const atEnd = isAtEnd() && lastShown() >= total;
  if (atEnd !== following) setFollowing(atEnd, false);
  if (scroll.scrollTop < NEAR_PX && firstShown() > 1) void inTurn(extendUp);
  else if (!atEnd && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX && lastShown() < total) void inTurn(extendDown);
}

function grown() {
  const now = Number(document.getElementById('log-end')?.dataset.total ?? total);
  const changed = now !== total;
  total = now;
  if (following) void inTurn(catchUp);
  else if (changed) label();
}

function setFollowing(on, moves) {
  following = on;
  label();
  if (on && moves) void inTurn(catchUp);
}

function label() {
  const behind = total - lastShown();
  follow.setAttribute('aria-pressed', String(following));
  follow.textContent = following ? 'Following' : behind > 0 ? `Follow (${behind.toLocaleString('en')} more)` : 'Follow';
}

async function catchUp() {
  if (lastShown() < total - STEP) await replaceFrom(Math.max(1, total - STEP + 1));
  // The last line shown may have been written to since.
  else add(await fetchLines(Math.max(1, lastShown()), STEP + 1), 'end');
  if (following) scroll.scrollTop = scroll.scrollHeight;
  label();
}

async function extendDown() {
  if (lastShown() < total) add(await fetchLines(lastShown() + 1, STEP), 'end');
  label();
}

async function extendUp() {
  const first = firstShown();
  if (first <= 1) return;
  const from = Math.max(1, first - STEP);
  const before = scroll.scrollHeight - scroll.scrollTop;
  add(await fetchLines(from, first - from), 'start');
  scroll.scrollTop = scroll.scrollHeight - before;
}

async function replaceFrom(from) {
  const lines = await fetchLines(from, STEP);
  list.replaceChildren();
  add(lines, 'end');
}

async function fetchLines(from, most) {
  const query = new URLSearchParams({ attempt: view.dataset.attempt, from, most });
  if (search !== '') query.set('q', search);
  const answer = await fetch(`${view.dataset.lines}?${query}`);
  return answer.ok ? (await answer.json()).lines : [];
}

function add(lines, where) {
  const items = lines.map(itemOf);
  for (const item of items) document.getElementById(item.id)?.remove();
  if (where === 'start') list.prepend(...items);
  else list.append(...items);
  while (list.childElementCount > MOST_LINES) (where === 'start' ? list.lastElementChild : list.firstElementChild).remove();
}

function itemOf({ number, spans, cut }) {
  const item = document.createElement('li');
  item.id = `L${number}`;
  if (number === current) item.className = 'current';
  const link = document.createElement('a');
  link.href = address({ line: number });
  link.textContent = number;
  const text = document.createElement('span');
  text.append(...spans.map(spanOf));
  if (cut) {
    const whole = document.createElement('a');
    whole.className = 'whole';
    whole.href = `${view.dataset.text}?${new URLSearchParams({ attempt: view.dataset.attempt, line: number })}`;
    whole.textContent = '… whole line';
    text.append(' ', whole);
  }
  item.append(link, text);
  return item;
}

function spanOf([text, style, isMatch]) {
  if (style === '' && !isMatch) return text;
  const span = document.createElement(isMatch ? 'mark' : 'span');
  if (style !== '') span.className = style;
  span.textContent = text;
  return span;
}

function address(more) {
  const query = new URLSearchParams({ attempt: view.dataset.attempt });
  if (search !== '') query.set('q', search);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `${view.dataset.page}?${query}`;
}

// All matches are asked for part by part; the first one is shown as soon as it is known.
async function find(goes = true) {
  const text = (search = form.elements.q.value);
  matches = null;
  addSteps();
  history.replaceState(null, '', address({}));
  const start = firstShown();
  if (text === '') {
    found.textContent = '';
    await inTurn(() => replaceFrom(start));
    return;
  }
  found.textContent = 'Searching …';
  let all = [];
  for (let from = 1; from !== null && all.length < MOST_MATCHES; ) {
    const answer = await fetch(`${view.dataset.search}?${new URLSearchParams({ attempt: view.dataset.attempt, q: text, from })}`);
    if (search !== text) return;
    if (!answer.ok) {
      found.textContent = 'The search failed; try again.';
      return;
    }
    const part = await answer.json();
    const none = all.length === 0;
    all = [...all, ...part.lines];
    matches = all;
    if (goes && none && all.length > 0) stepTo(1, Math.max(1, start) - 1);
    else tell();
    from = part.next;
    if (from !== null) found.textContent += ` · searched ${(from - 1).toLocaleString('en')} of ${total.toLocaleString('en')} lines`;
  }
  tell();
}

function addSteps() {
  if (search === '' || form.querySelector('[data-step]') !== null) return;
  for (const [step, text] of [[-1, 'Previous'], [1, 'Next']]) {
    const added = button(text, null);
    added.dataset.step = step;
    form.append(added);
  }
}

function button(text, go) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'secondary';
  made.textContent = text;
  if (go !== null) made.addEventListener('click', go);
  return made;
}

function stepTo(step, from = current) {
  if (matches.length === 0) return tell();
  const next = step > 0 ? (matches.find((line) => line > from) ?? matches[0]) : (matches.findLast((line) => line < from) ?? matches.at(-1));
  void show(next);
}

function tell() {
  const at = matches.indexOf(current);
  found.textContent = matches.length === 0 ? 'No line has it.' : `${at < 0 ? '' : `${(at + 1).toLocaleString('en')} of `}${matches.length.toLocaleString('en')} ${matches.length === 1 ? 'line' : 'lines'}`;
}

function show(line) {
  current = line;
  setFollowing(false, false);
  if (matches !== null) tell();
  return inTurn(async () => {
    await replaceFrom(Math.max(1, line - STEP / 2));
    center(line);
  });
}

function center(line) {
  for (const item of list.querySelectorAll('.current')) item.classList.remove('current');
  const item = document.getElementById(`L${line}`);
  if (item === null) return;
  item.classList.add('current');
  scroll.scrollTop = item.offsetTop - scroll.clientHeight / 2;
}

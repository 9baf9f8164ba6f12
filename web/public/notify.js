// Shows events that arrive while the page is open: as toasts, and where a person has asked for it, as notifications of
// the system while no tab of this server is to be seen.

const SHOWN_MS = 12_000;
const MOST_TOASTS = 4;
const ASK_EVERY_MS = 15_000; // the stream of a hidden tab is closed; browsers stretch this where they save power
const WANTED = 'notify';

const bell = document.getElementById('bell');
const toasts = document.getElementById('toasts');
const button = document.getElementById('notify-switch');
let newest = bell?.querySelector('[data-newest]')?.dataset.newest ?? '';
let leave = () => {};

if (bell !== null && toasts !== null) {
  new MutationObserver(arrived).observe(bell, { childList: true, subtree: true, attributes: true });
  if ('Notification' in window && navigator.locks !== undefined) {
    document.addEventListener('visibilitychange', enter);
    enter();
    if (button !== null) offer();
  }
}

function arrived() {
  const fresh = [...bell.querySelectorAll('li')].filter((item) => item.id.slice('news-'.length) > newest);
  for (const item of fresh.toReversed()) toast(item.querySelector('a'), item.querySelector('span').textContent);
  const now = bell.querySelector('[data-newest]')?.dataset.newest ?? '';
  if (now > newest) newest = now;
}

function toast(link, detail) {
  const shown = element('div', { className: 'toast' }, [
    element('a', { href: link.href, textContent: link.textContent }),
    element('p', { textContent: detail }),
    element('button', { type: 'button', textContent: '×', ariaLabel: 'Dismiss', onclick: () => shown.remove() }),
  ]);
  toasts.append(shown);
  while (toasts.children.length > MOST_TOASTS) toasts.firstElementChild.remove();
  const fade = () => (shown.matches(':hover, :focus-within') ? setTimeout(fade, SHOWN_MS) : shown.remove());
  setTimeout(fade, SHOWN_MS);
}

function element(name, properties, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A tab that can be seen says so by a shared lock; of the hidden ones, the one that gets the other lock asks the server.
function enter() {
  leave();
  const { promise, resolve } = Promise.withResolvers();
  const stop = new AbortController();
  leave = () => {
    resolve();
    stop.abort();
  };
  const hold = document.hidden ? navigator.locks.request('xeenet-hidden', { signal: stop.signal }, () => ask(stop.signal)) : navigator.locks.request('xeenet-seen', { mode: 'shared', signal: stop.signal }, () => promise);
  hold.catch(() => {}); // given up while waiting
}

async function ask(signal) {
  while (!signal.aborted) {
    if (wanted()) await tell(signal).catch(() => {}); // a server that is away is asked again
    await new Promise((resolve) => {
      setTimeout(resolve, ASK_EVERY_MS);
      signal.addEventListener('abort', resolve);
    });
  }
}

async function tell(signal) {
  const answer = await fetch(`/notifications/recent?after=${newest}`, { signal });
  const { items } = await answer.json();
  const { held } = await navigator.locks.query();
  for (const { id, title, detail, href } of items.toReversed()) {
    newest = id;
    if (held.some(({ name }) => name === 'xeenet-seen')) continue;
    const shown = new Notification(title, { body: detail, tag: id });
    shown.addEventListener('click', () => {
      window.focus();
      window.location.assign(href);
    });
  }
}

function wanted() {
  return Notification.permission === 'granted' && localStorage.getItem(WANTED) === 'on';
}

function offer() {
  const say = () => {
    button.hidden = false;
    button.disabled = Notification.permission === 'denied';
    button.textContent = button.disabled ? 'This browser refuses notifications' : wanted() ? 'Stop notifications of the browser' : 'Notify me while no tab is to be seen';
  };
  button.addEventListener('click', async () => {
    const on = wanted();
    if (!on) await Notification.requestPermission();
    localStorage.setItem(WANTED, on ? 'off' : 'on');
    say();
  });
  say();
}

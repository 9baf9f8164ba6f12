// Says in the header whether the page is live, finds lost streams again, and asks at intervals where no stream comes through.

const STALE_MS = 12_000; // two beats of the server and some patience
const FIRST_BEAT_MS = 4_000; // a stream that says nothing at once is being held up on its way
const MOST_WAIT_MS = 8_000;
const POLL_MS = 5_000;
const POLL_AFTER_FAILURES = 3;
const TEXTS = { live: 'live', polling: 'every 5 s', lost: 'not live', paused: 'paused' };

const region = document.querySelector('[data-live]');
const indicator = document.getElementById('live');

/** @type {{ reader?: { cancel(): Promise<void> } | null, delayCanceller?: (() => void) | null } | null} */
let connection = null;
let versions = region === null ? '' : JSON.parse(region.getAttribute('hx-headers') ?? '{}')['Last-Event-ID'];
let heardAt = Date.now();
let failures = 0;
let beaten = false;
let polledAt = 0;
let triedAt = Date.now();

if (region !== null && indicator !== null) {
  show('lost');
  document.addEventListener('htmx:sse:after:connection', (event) => {
    connection = event.detail.connection;
    triedAt = heardAt = Date.now();
    beaten = false;
  });
  document.addEventListener('beat', heard);
  document.addEventListener('htmx:sse:after:message', (event) => {
    const { id, data } = event.detail.message;
    if (id && data) versions = id;
    heard();
  });
  document.addEventListener('htmx:sse:error', lost);
  document.addEventListener('htmx:sse:close', lost);
  document.addEventListener('htmx:error', lost);
  document.addEventListener('htmx:response:error', lost);
  window.addEventListener('offline', () => show('lost'));
  window.addEventListener('online', reconnect);
  document.addEventListener('visibilitychange', () => {
    heardAt = Date.now();
    if (document.hidden) show('paused');
  });
  setInterval(check, 1000);
  keepOpen();
}

function heard() {
  heardAt = Date.now();
  beaten = true;
  failures = 0;
  show('live');
}

function lost() {
  failures += 1;
  if (!document.hidden && indicator.dataset.state !== 'polling') show('lost');
}

function check() {
  if (document.hidden) return;
  const now = Date.now();
  const patienceMs = beaten ? STALE_MS : FIRST_BEAT_MS;
  const held = region._htmx?.sse !== undefined;
  const due = held ? now - Math.max(heardAt, triedAt) >= patienceMs : failures > 0 && now - triedAt >= Math.min(MOST_WAIT_MS, 1000 * failures);
  if (due) {
    if (held) lost();
    reconnect();
  }
  if (failures >= POLL_AFTER_FAILURES && now - polledAt >= POLL_MS) void poll();
}

// A stream that htmx holds is cut, so that it comes back by itself; one that it never had or gave up is asked for again.
function reconnect() {
  triedAt = Date.now();
  if (region._htmx?.sse === undefined) {
    region.dispatchEvent(new CustomEvent('reconnect'));
    return;
  }
  connection?.delayCanceller?.();
  void connection?.reader?.cancel();
}

async function poll() {
  polledAt = Date.now();
  try {
    const answer = await fetch(region.getAttribute('hx-sse:connect'), { headers: { accept: 'text/html', 'last-event-id': versions } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const text = await answer.text();
    if (failures === 0) return; // the stream came back meanwhile, and knows better
    versions = answer.headers.get('x-versions') ?? '';
    if (text !== '') await window.htmx.swap({ sourceElement: region, target: region, text, swap: 'innerMorph swapEmpty:false' });
    show('polling');
  } catch {
    show('lost');
  }
}

// An update must not close what a person has opened: `open` of details and dialogs stays as it is.
function keepOpen() {
  window.htmx.registerExtension('keep', {
    htmx_before_morph_attr: (element, { attrName }) => !(attrName === 'open' && /^(DETAILS|DIALOG)$/.test(element.tagName)),
  });
}

function show(state) {
  if (indicator.dataset.state === state) return;
  indicator.dataset.state = state;
  indicator.textContent = TEXTS[state];
  indicator.hidden = false;
}

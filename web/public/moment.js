// Keeps "4 s ago" true without requests, by the server's clock, and shows moments in the viewer's own zone on hover.
// The words are those of parts/moment.ts.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
let aheadMs = Date.now() - Number(document.documentElement.dataset.now);

document.addEventListener('beat', (event) => {
  aheadMs = Date.now() - Number(event.detail.data);
});
document.addEventListener('htmx:after:swap', tick);
setInterval(tick, 1000);
tick();

function tick() {
  if (document.hidden) return;
  const now = Date.now() - aheadMs;
  for (const time of document.querySelectorAll('time[data-tick]')) {
    const at = Date.parse(time.dateTime);
    const { tick: kind } = time.dataset;
    const text = kind === 'at' ? (at - now < 72e6 ? clock : day).format(at) : words(now - at, kind === 'ago');
    if (time.textContent !== text) time.textContent = text;
    const title = `${kind === 'elapsed' ? 'since ' : ''}${exact.format(at)}`;
    if (time.title !== title) time.title = title;
  }
}

function words(milliseconds, ago) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (ago && seconds < 1) return 'just now';
  const size =
    seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
  return ago ? `${size} ago` : size;
}

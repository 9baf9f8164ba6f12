// Filters by dragging along an axis of the parallel coordinates, with a pointer or with keys on the axis's two handles.
// A stretch becomes terms in the filter of the address; the page of that address draws it.

const STEP = 0.02;
const SETTLE_MS = 700;
const CLICK = 0.015;
const KEPT = 'xeenet-brush';

let drag = null;
let settling = 0;

document.addEventListener('pointerdown', (event) => {
  const axis = event.button === 0 && !event.target.closest?.('a') ? event.target.closest?.('.parallel-axis') : null;
  if (!axis) return;
  event.preventDefault();
  const end = event.target.closest('.grip')?.dataset.end ?? null;
  const place = placeOf(axis, event);
  const [low, high] = rangeOf(axis);
  drag = { axis, id: event.pointerId, from: end === 'low' ? high : end === 'high' ? low : place, start: place, moved: false };
  axis.setPointerCapture(event.pointerId);
});
document.addEventListener('pointermove', (event) => {
  if (drag === null || event.pointerId !== drag.id) return;
  const place = placeOf(drag.axis, event);
  if (Math.abs(place - drag.start) > CLICK) drag.moved = true;
  if (drag.moved) show(drag.axis, Math.min(drag.from, place), Math.max(drag.from, place));
});
document.addEventListener('pointerup', (event) => {
  if (drag === null || event.pointerId !== drag.id) return;
  const { axis, moved } = drag;
  drag = null;
  if (moved) apply(axis);
  else if (axis.classList.contains('set')) clear(axis);
});
document.addEventListener('pointercancel', () => {
  if (drag !== null) show(drag.axis, 0, 1);
  drag = null;
});
document.addEventListener('keydown', (event) => {
  const grip = event.target.closest?.('.grip');
  const axis = grip?.closest('.parallel-axis');
  if (!axis || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') {
    event.preventDefault();
    clearTimeout(settling);
    clear(axis, grip);
    return;
  }
  if (event.key === 'Enter') {
    clearTimeout(settling);
    apply(axis, grip);
    return;
  }
  const choices = choicesOf(axis);
  const step = choices === null ? STEP : 1 / Math.max(1, choices.length - 1);
  const [low, high] = rangeOf(axis);
  const isLow = grip.dataset.end === 'low';
  const now = isLow ? low : high;
  const moves = { ArrowUp: now + step, ArrowRight: now + step, ArrowDown: now - step, ArrowLeft: now - step, PageUp: now + 5 * step, PageDown: now - 5 * step, Home: 0, End: 1 };
  if (!(event.key in moves)) return;
  event.preventDefault();
  const next = Math.min(1, Math.max(0, moves[event.key]));
  if (isLow) show(axis, Math.min(next, high), high);
  else show(axis, low, Math.max(next, low));
  clearTimeout(settling);
  settling = setTimeout(() => apply(axis, grip), SETTLE_MS);
});
restore();

function placeOf(axis, event) {
  const svg = axis.ownerSVGElement;
  const y = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).y;
  const { top, bottom } = axis.dataset;
  return Math.min(1, Math.max(0, (bottom - y) / (bottom - top)));
}

function rangeOf(axis) {
  return ['low', 'high'].map((end) => Number(axis.dataset[`place${end}`] ?? axis.querySelector(`.grip.${end}`).getAttribute('aria-valuenow') / 100));
}

function choicesOf(axis) {
  return axis.dataset.choices === undefined ? null : JSON.parse(axis.dataset.choices);
}

// Draws the stretch at once and dims the lines outside of it; the server draws the same from the address.
function show(axis, low, high) {
  const { top, bottom } = axis.dataset;
  const y = (place) => bottom - place * (bottom - top);
  axis.dataset.placelow = low;
  axis.dataset.placehigh = high;
  axis.classList.add('set');
  const range = axis.querySelector('.range');
  range.setAttribute('y', y(high));
  range.setAttribute('height', Math.max(2, y(low) - y(high)));
  for (const [end, place] of [['low', low], ['high', high]]) {
    const grip = axis.querySelector(`.grip.${end}`);
    const path = grip.querySelector('path');
    path.setAttribute('d', path.getAttribute('d').replace(/^(M[-\d.]+ )[-\d.]+/, `$1${y(place)}`));
    grip.setAttribute('aria-valuenow', Math.round(100 * place));
    grip.setAttribute('aria-valuetext', textAt(axis, place));
  }
  const index = Number(axis.dataset.index);
  const slack = axis.dataset.choices === undefined ? 0.5 : 5;
  for (const path of axis.ownerSVGElement.querySelectorAll('.runs:not(.dimmed) path')) {
    const at = Number(path.getAttribute('d').match(/[-\d.]+/g)?.[2 * index + 1]);
    path.classList.toggle('outside', at < y(high) - slack || at > y(low) + slack);
  }
}

function valueAt(axis, place) {
  const [low, high] = [Number(axis.dataset.low), Number(axis.dataset.high)];
  const value = axis.dataset.scale === 'log' ? Math.exp(Math.log(low) + place * (Math.log(high) - Math.log(low))) : low * (1 - place) + high * place;
  return 'whole' in axis.dataset ? Math.round(value) : Number(value.toPrecision(4));
}

function textAt(axis, place) {
  const choices = choicesOf(axis);
  return choices === null ? String(valueAt(axis, place)) : choices[Math.round(place * (choices.length - 1))];
}

function termsOf(axis) {
  const [low, high] = rangeOf(axis);
  const { field } = axis.dataset;
  const choices = choicesOf(axis);
  if (choices === null) return [...(low > 0 ? [`${field}>=${valueAt(axis, low)}`] : []), ...(high < 1 ? [`${field}<=${valueAt(axis, high)}`] : [])];
  const inside = choices.filter((_, index) => {
    const place = choices.length < 2 ? 0.5 : index / (choices.length - 1);
    return place >= low - 0.04 && place <= high + 0.04;
  });
  if (inside.length === 0 || inside.length === choices.length) return [];
  return [`${field}=${inside.map((choice) => (/^[^\s,"\\]+$/.test(choice) ? choice : `"${choice.replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}`];
}

function clear(axis, grip) {
  show(axis, 0, 1);
  apply(axis, grip);
}

function apply(axis, grip) {
  const address = new URL(location.href);
  const { field } = axis.dataset;
  const terms = (address.searchParams.get('filter') ?? '').match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const others = terms.filter((term) => !(term.startsWith(field) && /^[=:<>]/.test(term.slice(field.length))));
  const filter = [...others, ...termsOf(axis)].join(' ');
  if (filter === '') address.searchParams.delete('filter');
  else address.searchParams.set('filter', filter);
  for (const page of ['after', 'cursor']) address.searchParams.delete(page);
  if (address.href === location.href) return;
  sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, top: scrollY, left: axis.closest('.frame')?.scrollLeft ?? 0, grip: grip?.id ?? null, at: Date.now() }));
  location.assign(address);
}

// The page of the new filter stands where the old one stood, with the handle in hand.
function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  sessionStorage.removeItem(KEPT);
  if (kept === null || kept.path !== location.pathname || Date.now() - kept.at > 10_000) return;
  scrollTo({ top: kept.top, behavior: 'instant' });
  document.querySelector('#parallel .frame')?.scrollTo({ left: kept.left });
  if (kept.grip !== null) document.getElementById(kept.grip)?.focus({ preventScroll: true });
}

// Selects rows of a table: remembers what is ticked across live updates, and says how many each action applies to.

const form = document.querySelector('form[data-selection]');
const picked = new Map();

if (form !== null) {
  form.addEventListener('change', (event) => {
    const box = event.target;
    if (box.dataset.pick === 'page') for (const row of rows()) pick(row, box.checked);
    else if (box.name === 'ids') pick(box, box.checked);
    show();
  });
  for (const row of rows()) if (row.checked) pick(row, true);
  new MutationObserver(show).observe(form.querySelector('.region'), { childList: true, subtree: true, attributes: true, attributeFilter: ['checked', 'data-state', 'data-counts', 'value'] });
  // Back restores ticks after this module has run.
  addEventListener('pageshow', () => {
    for (const row of rows()) if (row.checked) pick(row, true);
    show();
  });
  show();
}

function rows() {
  return [...form.querySelectorAll('input[name=ids]')];
}

function pick(row, on) {
  if (on) picked.set(row.value, row.dataset.state);
  else picked.delete(row.value);
}

function show() {
  const all = form.querySelector('[data-pick=all]');
  const page = form.querySelector('[data-pick=page]');
  const shown = rows();
  const here = new Set(shown.map((row) => row.value));
  for (const id of picked.keys()) if (!here.has(id)) picked.delete(id);
  for (const row of shown) {
    row.checked = picked.has(row.value);
    if (row.checked) picked.set(row.value, row.dataset.state);
  }
  if (page !== null) {
    page.checked = picked.size > 0 && picked.size === shown.length;
    page.indeterminate = picked.size > 0 && !page.checked;
  }
  const everything = all !== null && all.checked;
  const bar = form.querySelector('.selection-bar');
  bar.hidden = picked.size === 0 && !everything;
  // Of all that match it is known how many there are of each state, unless they are too many to be counted. Only so many fit side by side.
  const known = !everything || all.dataset.counts !== undefined;
  const counted = !everything ? [...picked.values()].map((state) => [state, 1]) : Object.entries(JSON.parse(all.dataset.counts ?? '{}'));
  say(bar.querySelector('.said'), everything ? `All that match (${all.labels[0].querySelector('b').textContent}):` : `${picked.size} selected:`);
  for (const button of bar.querySelectorAll('button')) {
    const states = button.dataset.states;
    const number = counted.reduce((sum, [state, many]) => sum + (states === '' || states.split(' ').includes(state) ? many : 0), 0);
    say(button.querySelector('span'), known && !(everything && button.value === 'compare') ? ` ${number.toLocaleString('en')}` : '');
    button.disabled = known && number === 0;
  }
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

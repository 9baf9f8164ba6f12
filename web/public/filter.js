// Completes what is typed into a filter box: a list of what can stand at the cursor, from the server. Without it the box is a plain field.

const input = document.querySelector('input[data-complete]');
const list = document.createElement('ul');
let found = { from: 0, until: 0, options: [] };
let active = -1;
let asking = null;

if (input !== null) {
  list.id = 'filter-options';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'What can stand here');
  input.after(list);
  const said = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id };
  for (const [name, value] of Object.entries(said)) input.setAttribute(name, value);
  input.addEventListener('input', ask);
  input.addEventListener('keydown', press);
  input.addEventListener('blur', close);
  list.addEventListener('mousedown', (event) => {
    event.preventDefault();
    const item = event.target.closest('[role=option]');
    if (item !== null) accept([...list.children].indexOf(item));
  });
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const address = new URL(input.dataset.complete, location.href);
  address.searchParams.set('text', input.value);
  address.searchParams.set('at', input.selectionStart ?? input.value.length);
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { accept: 'application/json' } });
    if (!answer.ok) return close();
    found = await answer.json();
    show();
  } catch (error) {
    if (error.name !== 'AbortError') close();
  }
}

function show() {
  active = -1;
  list.replaceChildren(...found.options.map(({ text, note }, index) => {
    const item = document.createElement('li');
    item.id = `filter-option-${index}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', 'false');
    const small = document.createElement('small');
    small.textContent = note;
    item.append(text, ' ', small);
    return item;
  }));
  list.hidden = found.options.length === 0 || document.activeElement !== input;
  input.setAttribute('aria-expanded', String(!list.hidden));
  input.removeAttribute('aria-activedescendant');
}

function close() {
  asking?.abort();
  found = { from: 0, until: 0, options: [] };
  show();
}

function press(event) {
  if (event.isComposing) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (list.hidden) void ask();
    else choose(event.key === 'ArrowDown' ? active + 1 : active - 1);
  } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && active >= 0) {
    event.preventDefault();
    accept(active);
  } else if (event.key === 'Escape') {
    event.preventDefault(); // a search field would lose its text

    close();
  }
}

function choose(index) {
  const items = [...list.children];
  active = (index + items.length) % items.length;
  for (const [place, item] of items.entries()) item.setAttribute('aria-selected', String(place === active));
  items[active].scrollIntoView({ block: 'nearest' });
  input.setAttribute('aria-activedescendant', items[active].id);
}

function accept(index) {
  const option = found.options[index];
  if (option === undefined) return;
  input.setRangeText(option.text, found.from, found.until, 'end');
  void ask();
}

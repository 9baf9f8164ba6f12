// Makes the copy buttons work; without scripts they are not shown, since the text can be selected.

document.documentElement.classList.add('scripted');
document.addEventListener('click', async (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  const text = button === null ? null : document.getElementById(button.dataset.copy)?.textContent;
  if (text === null || text === undefined) return;
  try {
    await navigator.clipboard.writeText(text);
    say(button, 'Copied');
  } catch {
    say(button, 'Select and copy');
  }
});

function say(button, text) {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}

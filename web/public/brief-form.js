// Shows what a brief would become while it is being typed, and reads a file into the field for its text.
// Without scripts the buttons of the form do the same.

const WAIT_MS = 350;
const form = document.querySelector('form.brief-form');
const place = document.getElementById('preview-place');
let timer;
let request;

form?.addEventListener('input', later);
form?.addEventListener('change', later);

function later() {
  clearTimeout(timer);
  timer = setTimeout(show, WAIT_MS);
}

function show() {
  request?.abort();
  request = new XMLHttpRequest();
  const asked = request;
  asked.open('POST', form.dataset.preview);
  // Read as a document of its own, which runs nothing; only its nodes are taken over.
  asked.responseType = 'document';
  asked.addEventListener('load', () => {
    const preview = asked.status === 200 ? asked.response?.getElementById('preview') : null;
    if (preview) place.replaceChildren(document.adoptNode(preview));
    document.dispatchEvent(new Event('htmx:after:swap'));
  });
  asked.addEventListener('loadend', () => asked === request && place.removeAttribute('aria-busy'));
  place.setAttribute('aria-busy', 'true');
  asked.send(new URLSearchParams(new FormData(form)));
}

document.getElementById('file-choose')?.addEventListener('change', async (event) => {
  const text = document.getElementById('file');
  const [file] = event.target.files;
  if (file) text.value = (await file.slice(0, 4 * text.maxLength).text()).slice(0, text.maxLength + 1);
});

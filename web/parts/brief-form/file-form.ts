import { MOST_FILE_CHARACTERS, type LineIssue } from '#protocol/brief-file.ts';
import { html, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import type { Draft } from './form.ts';

/** Takes a brief as a YAML file: pasted, or where scripts run chosen from the disk. What is wrong is said at its lines. */
export function fileForm(draft: Draft | null, text: string, issues: readonly LineIssue[]): Fragment {
  const items = issues.toSorted((left, right) => left.line - right.line).map((issue) => html`<li><b>Line ${issue.line}</b>${issue.path === '' ? null : html` <code>${issue.path}</code>`}: ${issue.message}</li>`);
  const wrong = items.length === 0 ? null : html`<div class="notice bad" role="alert" id="file-wrong"><p>The file is not a brief that can be run. Nothing was stored, and its text is still here.</p><ul>${items}</ul></div>`;
  return html`<details class="from-file"${text === '' ? null : html` open`}><summary>Fill it in from a YAML file</summary>${wrong}
<form method="post" action="${draft === null ? paths.briefs() : paths.briefEdit(draft.id)}">
<input type="file" id="file-choose" accept=".yaml,.yml,text/yaml" aria-label="A YAML file from your disk" class="scripts-only">
<label for="file">The text of a brief, as <code>xeenet brief run</code> takes it</label>
<textarea id="file" name="file" rows="8" maxlength="${MOST_FILE_CHARACTERS}" spellcheck="false" class="mono" required${items.length === 0 ? null : html` aria-invalid="true" aria-describedby="file-wrong"`}>
${text}</textarea>
<button type="submit" name="intent" value="file" class="secondary">Fill in the form</button>
</form></details>`;
}

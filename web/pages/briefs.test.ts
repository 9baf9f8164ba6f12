import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { smallBrief, startTestServer, type Answer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

const FORM = {
  title: 'By form', goal: 'A goal.', experiment: 'quadratic', shown_experiment: 'quadratic', 'strategy.name': 'random', 'strategy.seed': '3', num_tasks: '4',
  replicates: '2', time_budget_seconds: '1', budget_credits: '5', hardware_profile: 'any', constraints: 'width % 8 == 0', intent: 'create',
};

function post(path: string, fields: Record<string, string | string[]>, headers: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])));
  return server.call('POST', path, body.toString(), null, { 'content-type': 'application/x-www-form-urlencoded', ...headers });
}

function submit(changes: Record<string, string | string[]> = {}): Promise<Answer> {
  return post('/briefs', { ...FORM, 'space.kind.values': ['"plain"', '"fancy"'], ...changes });
}

async function page(path: string): Promise<string> {
  const answer = await server.call('GET', path, undefined, null);
  assert.equal(answer.status, 200, path);
  return answer.body;
}

async function briefCount(): Promise<number> {
  return (await server.call('GET', '/api/v1/stats')).body.briefs;
}

test('the form becomes the brief that the API shows, and leads to its page', async () => {
  const answer = await submit({ 'space.x.low': '-1', 'space.lr.only': '0.01', 'space.kind.values': ['"fancy"'], 'requires.cpu_cores': '2', draft: 'yes' });
  assert.equal(answer.status, 303, JSON.stringify(answer.body));
  const location = answer.headers.get('location') ?? '';
  const { body: brief } = await server.call('GET', `/api/v1${location}`);
  assert.deepEqual([brief.title, brief.goal, brief.state, brief.num_tasks, brief.replicates, brief.budget_credits], ['By form', 'A goal.', 'draft', 4, 2, 5]);
  assert.deepEqual(brief.space.x, { type: 'uniform', low: -1, high: 2 });
  assert.deepEqual([brief.space.lr, brief.space.kind], [{ value: 0.01 }, { value: 'fancy' }]);
  assert.deepEqual(brief.constraints, ['width % 8 == 0']);
  assert.equal(brief.requires.cpu_cores, 2);
  assert.match(await page(location), /Not launched: 4 tasks planned for at most 5\.00 credits/);
});

test('the same form sent twice, even at once, makes one brief; an edited one makes another', async () => {
  const before = await briefCount();
  const key = 'a'.repeat(32);
  const answers = await Promise.all([submit({ key }), submit({ key }), submit({ key })]);
  const places = new Set(answers.map((answer) => answer.headers.get('location')));
  assert.equal(places.size, 1);
  assert.equal(await briefCount(), before + 1);
  const edited = await submit({ key, title: 'Another' });
  assert.ok(!places.has(edited.headers.get('location')));
  assert.equal(await briefCount(), before + 2);
});

test('a form that is refused stores nothing, keeps what was typed and says what is wrong at its field', async () => {
  const before = await briefCount();
  const wrong: [Record<string, string | string[]>, RegExp][] = [
    [{ title: '' }, /<a href="#title">Title<\/a> is needed/],
    [{ budget_credits: '0.01' }, /4 tasks of 1 s cost 0\.07 credits; the budget is 0\.01/],
    [{ 'space.x.high': '99' }, /<a href="#space\.x">x<\/a> high \(99\) is outside/],
    [{ constraints: 'width >' }, /“width &gt;”: expected a number/],
    [{ num_tasks: '1000', 'space.x.only': '1', 'space.lr.only': '0.01', 'space.kind.values': ['"plain"'], budget_credits: '100' }, /<a href="#num_tasks">Number of tasks<\/a> can be at most/],
    [{ experiment: 'gone' }, /is not an experiment of this server/],
    [{ 'strategy.name': 'magic' }, /<a href="#strategy\.name">Strategy<\/a> is not a strategy/],
  ];
  for (const [changes, said] of wrong) {
    const answer = await submit({ goal: 'Kept <b>goal</b>', ...changes });
    assert.equal(answer.status, 422, JSON.stringify(changes));
    assert.match(answer.body, said);
    assert.match(answer.body, /Kept &lt;b&gt;goal&lt;\/b&gt;/);
  }
  assert.equal(await briefCount(), before);
});

test('the preview stores nothing and shows the price, the machines that fit and the first configurations', async () => {
  const before = await briefCount();
  await server.enrol({ cpu_cores: 1 });
  const answer = await submit({ intent: 'preview', title: '', hardware_profile: 'large' });
  assert.equal(answer.status, 200);
  assert.match(answer.body, /id="preview"/);
  assert.match(answer.body, /needs 8 CPU cores, has 1/);
  assert.match(answer.body, /First 2 configurations of 2/);
  assert.equal(await briefCount(), before);
});

test('another experiment is shown with its own space before anything is run', async () => {
  const before = await briefCount();
  const answer = await submit({ experiment: 'stubborn', title: 'Kept title' });
  assert.equal(answer.status, 200);
  assert.match(answer.body, /This is now the search space of Fails as told/);
  assert.match(answer.body, /name="space\.mode\.values"/);
  assert.match(answer.body, /value="Kept title"/);
  assert.equal(await briefCount(), before);
});

test('a brief is cloned with everything it asked for', async () => {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'To be cloned', goal: 'Same again', space: { lr: { type: 'log', low: 0.001, high: 0.01 }, width: { value: 8 } }, draft: true }));
  const form = await page(`/briefs/new?from=${brief.id}`);
  for (const text of ['value="To be cloned"', 'Same again', 'name="space.lr.low" aria-label="Lowest lr" placeholder="0.0001" value="0.001"', 'value="8"']) assert.ok(form.includes(text), text);
  assert.equal((await server.call('GET', '/briefs/new?from=nothing', undefined, null)).status, 404);
  assert.equal((await server.call('GET', '/briefs/new?experiment=nothing', undefined, null)).status, 404);
});

test('a draft is edited in its form, and saved or launched from there', async () => {
  const { body: draft } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'To be edited', draft: true }));
  assert.match(await page(`/briefs/${draft.id}`), new RegExp(`href="/briefs/${draft.id}/edit"`));
  const form = await page(`/briefs/${draft.id}/edit`);
  for (const text of ['value="To be edited"', 'Save draft', 'Save and launch', `action="/briefs/${draft.id}/edit"`]) assert.ok(form.includes(text), text);
  const fields = { ...FORM, 'space.kind.values': ['"plain"', '"fancy"'], title: 'Edited' };
  assert.match((await post(`/briefs/${draft.id}/edit`, { ...fields, intent: 'preview' })).body, /id="preview".*Save draft/s);
  const refused = await post(`/briefs/${draft.id}/edit`, { ...fields, budget_credits: '0', goal: 'Kept' });
  assert.deepEqual([refused.status, /Kept/.test(refused.body)], [422, true]);
  const saved = await post(`/briefs/${draft.id}/edit`, fields);
  assert.deepEqual([saved.status, saved.headers.get('location')], [303, `/briefs/${draft.id}`]);
  const read = async () => (await server.call('GET', `/api/v1/briefs/${draft.id}`)).body;
  assert.deepEqual([(await read()).title, (await read()).state, (await read()).num_tasks], ['Edited', 'draft', 4]);
  assert.equal((await post(`/briefs/${draft.id}/edit`, { ...fields, intent: 'launch' })).status, 303);
  assert.equal((await read()).state, 'running');
  assert.equal((await post(`/briefs/${draft.id}/edit`, fields)).status, 409);
  assert.equal((await server.call('GET', `/briefs/${draft.id}/edit`, undefined, null)).status, 409);
});

test('a brief comes as a file that the form takes back, and a file that is wrong is kept with its lines', async () => {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Filed: "it"', goal: 'a\nb', space: { width: { value: 8 } }, draft: true }));
  const file = await server.call('GET', `/briefs/${brief.id}/brief.yaml`, undefined, null);
  assert.match(file.headers.get('content-disposition') ?? '', /attachment; filename="[0-9a-z]+\.yaml"/);
  const filled = await post('/briefs', { intent: 'file', file: file.body });
  assert.equal(filled.status, 200);
  for (const text of ['value="Filed: &quot;it&quot;"', 'a\nb</textarea>', 'name="space.width.only" aria-label="Only these values of width, separated by commas" placeholder="e.g. 4" value="8"', 'id="preview"']) assert.ok(filled.body.includes(text), text);
  const before = await briefCount();
  const wrong = await post('/briefs', { intent: 'file', file: file.body.replace('experiment: quadratic', 'experiment: gone') });
  assert.equal(wrong.status, 422);
  assert.match(wrong.body, /<b>Line 6<\/b> <code>experiment<\/code>: &quot;gone&quot; is not an experiment.*Filed: /s);
  assert.match((await post('/briefs', { intent: 'file', file: 'title: [\n</textarea><script>' })).body, /Line \d.*&lt;\/textarea&gt;&lt;script&gt;/s);
  assert.match((await post('/briefs', { intent: 'file', file: file.body.replace('budget_credits: 100', 'budget_credits: 0.001') })).body, /<b>Line \d+<\/b> <code>budget_credits<\/code>: 3 tasks/);
  assert.equal((await post('/briefs', { intent: 'file', file: 'x'.repeat(3_000_000) })).status, 413);
  assert.equal(await briefCount(), before);
  assert.equal((await server.call('GET', '/briefs/nothing/brief.yaml', undefined, null)).status, 404);
});

test('the live preview is the preview alone, and says calmly what is missing', async () => {
  const ready = await post('/briefs/preview', { ...FORM, 'space.kind.values': ['"plain"'] });
  assert.match(ready.body, /^<div id="preview">.*First \d configurations? of 2/s);
  const missing = await post('/briefs/preview', { ...FORM, 'space.kind.values': ['"plain"'], num_tasks: '' });
  assert.deepEqual([missing.status, /It cannot be run yet:.*<a href="#num_tasks">Number of tasks<\/a> is needed/.test(missing.body)], [200, true]);
  assert.match((await post('/briefs/preview', {})).body, /is not an experiment of this server/);
});

test('a brief that stands still says why, and one that ended without a value promises no winner', async () => {
  const { body: large } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Too large', requires: { gpu_vram_gb: 80 } }));
  assert.match(await page(`/briefs/${large.id}`), /There is no worker yet|No worker fits: <ul>.*needs a GPU with 80 GB/);
  await server.enrol();
  assert.match(await page(`/briefs/${large.id}`), /No worker fits: <ul>.*needs a GPU with 80 GB/);
  await post(`/briefs/${large.id}/pause`, {});
  assert.match(await page(`/briefs/${large.id}`), /The brief is paused: no task is handed out until it is resumed/);
  await post(`/briefs/${large.id}/cancel`, {});
  const ended = await page(`/briefs/${large.id}`);
  assert.doesNotMatch(ended, /paused|No winner yet/);
  assert.match(ended, /No winner<.*No task reported loss/s);
});

test('the page before cancelling says what will happen, and offers a pause only where there is something to pause', async () => {
  const { body: running } = await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 3 }));
  assert.match(await page(`/briefs/${running.id}/cancel`), /3 waiting tasks will never run.*Pause it/s);
  const { body: draft } = await server.call('POST', '/api/v1/briefs', smallBrief({ draft: true }));
  const text = await page(`/briefs/${draft.id}/cancel`);
  assert.match(text, /It was not launched: no task of it exists/);
  assert.doesNotMatch(text, /[Pp]ause it/);
});

test('actions answer with 303, or say why not on the page', async () => {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief());
  const paused = await post(`/briefs/${brief.id}/pause`, {});
  assert.deepEqual([paused.status, paused.headers.get('location')?.split('?action=')[0]], [303, `/briefs/${brief.id}`]);
  assert.match(await page(paused.headers.get('location') ?? ''), /is paused\..*Undo/s);
  const again = await post(`/briefs/${brief.id}/pause`, {});
  assert.equal(again.status, 409);
  assert.match(again.body, /A brief that is paused cannot be paused/);
  assert.equal((await post('/briefs/nothing/pause', {})).status, 404);
  assert.equal((await post(`/briefs/${brief.id}/explode`, {})).status, 404);
  assert.equal((await post(`/briefs/${brief.id}/cancel`, {}, { origin: 'http://evil.example' })).status, 403);
});

test('the lists page by key, filter by state and refuse what they do not know', async () => {
  for (let index = 0; index < 52; index += 1) await server.call('POST', '/api/v1/briefs', smallBrief({ title: `Listed ${index}`, draft: true }));
  const seen: string[] = [];
  for (let address: string | undefined = '/briefs?state=draft'; address !== undefined; ) {
    const text: string = await page(address);
    seen.push(...[...text.matchAll(/<tr id="brief-([0-9a-z]+)"/g)].map((match) => match[1] ?? ''));
    address = /<a href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  assert.ok(seen.length >= 52);
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen, [...seen].sort().reverse());
  assert.match(await page('/briefs?state=failed'), /No brief is failed/);
  const odd = await server.call('GET', '/briefs?state=odd', undefined, null);
  assert.equal(odd.status, 422);
  assert.match(odd.body, /state must be one of draft, running, paused, exhausted, completed, failed, cancelled/);
  const families = await page('/families');
  assert.match(families, /rel="next"/);
  assert.equal(families.match(/<tr id="family-/g)?.length, 25);
});

test('a report stands for itself: no script, nothing to load, every link leads back to the server', async () => {
  const evil = '</style><script>alert(1)</script>';
  for (const other of (await server.call('GET', '/api/v1/briefs?state=running')).body.items) await server.call('POST', `/api/v1/briefs/${other.id}/cancel`);
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: `Reported ${evil}`, goal: evil, num_tasks: 4, replicates: 2 }));
  const { token } = await server.enrol();
  for (const value of [0.5, 0.6, 0.1, 0.2]) {
    const [task] = (await server.call('POST', '/api/v1/claims', { slots: 1 }, token)).body.tasks;
    await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { attempt: 1, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: value } }, token);
  }
  const report = await server.call('GET', `/briefs/${brief.id}/report.html`, undefined, null);
  assert.equal(report.status, 200);
  assert.match(report.headers.get('content-disposition') ?? '', /attachment; filename="xeenet-[0-9a-z]+\.html"/);
  assert.match(report.headers.get('content-security-policy') ?? '', /default-src 'none'; style-src 'unsafe-inline'/);
  assert.doesNotMatch(report.body, /<script|<link|<img|<iframe|src="|@import|url\(/);
  assert.deepEqual([...report.body.matchAll(/href="([^"]*)"/g)].map((match) => match[1] ?? '').filter((href) => !href.startsWith(`${server.url}/`) && !href.startsWith('#')), []);
  for (const said of ['Where this comes from', 'Best', 'Winning configuration', 'All 2 configurations with a value', '<svg', brief.family_id, 'class="badge synthetic"']) assert.ok(report.body.includes(said), said);
  const confirm = await page(`/briefs/${brief.id}/confirm`);
  assert.deepEqual([confirm.match(/name="tasks"/g)?.length, confirm.match(/ checked>/g)?.length], [2, 2]);
  const chosen = /name="tasks" value="([^"]+)" checked/.exec(confirm)?.[1] ?? '';
  assert.match((await post(`/briefs/${brief.id}/confirm`, { seeds: '2' })).body, /choose at least one configuration/);
  assert.match((await post(`/briefs/${brief.id}/confirm`, { tasks: chosen, seeds: '99' , budget_credits: '100' })).headers.get('location') ?? '', new RegExp(brief.id));
  assert.equal((await server.call('GET', `/api/v1/briefs/${brief.id}`)).body.num_tasks, 103);
  assert.equal((await server.call('GET', '/briefs/nothing/report.html', undefined, null)).status, 404);
});

test('briefs are found by the words of title, goal and experiment, in any case and script, and in either order', async () => {
  const { body: first } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Zitronen ÉTUDE', goal: 'سلام 👋', draft: true }));
  const { body: second } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Zitronen zwei', draft: true }));
  const found = async (address: string) => [...(await page(address)).matchAll(/<tr id="brief-([0-9a-z]+)"/g)].map((match) => match[1]);
  assert.deepEqual(await found('/briefs?q=zitronen'), [second.id, first.id]);
  assert.deepEqual(await found('/briefs?q=ZITRONEN&sort=oldest&owner=local&state=draft'), [first.id, second.id]);
  assert.deepEqual(await found(`/briefs?q=${encodeURIComponent('étude سلام QUADRATIC')}`), [first.id]);
  assert.match(await page('/briefs?q=%3Cb%3Enothing'), /No brief with “&lt;b&gt;nothing”/);
  assert.deepEqual(await found('/briefs?q=zitronen&owner=nobody'), []);
  assert.equal((await server.call('GET', `/briefs?q=${'x'.repeat(201)}`, undefined, null)).status, 422);
});

test('a family shows what exactly ran, and exports its tasks', async () => {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Exported', num_tasks: 2 }));
  const { token } = await server.enrol();
  const { body: claimed } = await server.call('POST', '/api/v1/claims', { slots: 1 }, token);
  const [task] = claimed.tasks;
  await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { attempt: 1, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: 0.1 + 0.2 } }, token);
  const familyId = task.task_id.replace(/-\d+$/, '');
  const text = await page(`/families/${familyId}`);
  for (const said of ['What exactly ran', 'node main.mjs', task.package_sha256, 'synthetic', `/families/${familyId}/export?format=csv`]) assert.ok(text.includes(said), said);
  const csv = await server.call('GET', `/families/${familyId}/export?format=csv`, undefined, null);
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  assert.match(csv.headers.get('content-disposition') ?? '', /attachment; filename="[0-9a-z]+\.csv"/);
  assert.match(csv.body, /^task_id,number,state,value,.*\r\n[^\r]*,completed,0\.30000000000000004,/);
  const json = await server.call('GET', `/families/${familyId}/export?format=json`, undefined, null);
  assert.equal(json.body[0].value, 0.1 + 0.2);
  assert.equal((await server.call('GET', `/families/${familyId}/export?format=xml`, undefined, null)).status, 422);
  assert.equal((await server.call('GET', '/families/nothing/export', undefined, null)).status, 404);
  const owner = await page(`/briefs/${brief.id}?order=best`);
  assert.match(owner, /No task has a value yet|#\d/);
});

test('values of a synthetic experiment are labelled on every page that shows them', async () => {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Labelled' }));
  for (const path of [`/briefs/${brief.id}`, `/families/${brief.family_id}`, '/briefs', '/families', '/briefs/new?experiment=quadratic']) assert.match(await page(path), /class="badge synthetic"/, path);
});

// The list of domains and their consoles, behind a login with an API key.
import { ask, issueToken, Refused } from './api.js';
import { keepThumbnails, thumbnailOf } from './thumbnails.js';
import { saveViewerFile, viewers } from './viewers.js';

const RefreshMilliseconds = 4000;
const PageSize = 50;

const element = (id) => document.getElementById(id);
const rows = new Map();
let pages = 1;
let refreshTimer = 0;
let asked = 0;
let own = {};

const security = {
  'none': ['warn', 'open to whoever reaches it'],
  'password': ['warn', 'password, no TLS'],
  'x509': ['good', 'TLS with certificate'],
  'x509+password': ['good', 'TLS with certificate, and password'],
  'x509+sasl': ['good', 'TLS with certificate, and SASL'],
  'anonymous-tls': ['warn', 'TLS without certificate'],
  'unreachable': ['bad', 'not reachable'],
};

function make(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) { made.textContent = text; }
  if (className) { made.className = className; }
  return made;
}

function say(problem) {
  element('problem').textContent = problem ?? '';
  element('problem').hidden = !problem;
}

function show(loggedIn) {
  element('login').hidden = loggedIn;
  element('list').hidden = !loggedIn;
  element('logout').hidden = !loggedIn;
  element('certificates').hidden = !loggedIn;
  if (!loggedIn) {
    clearTimeout(refreshTimer);
    element('who').textContent = '';
    element('key').focus();
  }
}

function describe(console) {
  const line = make('div', undefined, 'endpoint');
  line.append(make('strong', console.name));
  const words = make('span', undefined, 'grow');
  // What a probe from the network found says nothing of a console that the agent carries.
  const readiness = console.via === 'relayed' && console.readiness?.security === 'unreachable' ? null : console.readiness;
  const [tone, summary] = readiness ? security[readiness.security] ?? ['', readiness.security] : console.openable ? ['good', 'ready'] : ['', ''];
  words.append(make('span', summary ? `${console.kind}: ${summary}` : console.kind, tone));
  const detail = [console.route, console.whyNot ?? readiness?.reason].filter(Boolean).join(' · ');
  if (detail) {
    words.append(document.createElement('br'), make('span', detail, 'quiet'));
  }
  line.append(words);
  return line;
}

function openButton(domain, console) {
  const button = make('button', 'Open');
  button.type = 'button';
  button.dataset.focus = `${domain.id}/${console.name}`;
  button.setAttribute('aria-label', `Open ${console.name} of ${domain.name}`);
  button.addEventListener('click', () => open(domain, console, button));
  return button;
}

function viewerButton(domain, console) {
  const button = make('button', 'Own viewer');
  button.type = 'button';
  button.dataset.focus = `${domain.id}/${console.name}/own`;
  button.title = 'Saves a file that opens this console in remote-viewer, once and soon.';
  button.setAttribute('aria-label', `Open ${console.name} of ${domain.name} in a viewer of your own`);
  button.addEventListener('click', () => openOwn(domain, console, button));
  return button;
}

function rowOf(domain) {
  const row = make('tr');
  const name = make('th', domain.name);
  name.scope = 'row';
  const node = make('td', domain.node);
  node.dataset.label = 'Node';
  const state = make('td', domain.state, domain.state === 'running' ? 'good' : 'quiet');
  state.dataset.label = 'State';
  const cell = make('td');
  const consoles = make('div', undefined, 'consoles');
  cell.append(consoles);

  if (domain.refusal) {
    consoles.append(make('span', domain.refusal, 'bad'));
  }
  for (const console of domain.consoleList) {
    const line = describe(console);
    if (console.openable) { line.append(openButton(domain, console)); }
    if (console.openable && console.kind !== 'serial' && own[console.kind]) { line.append(viewerButton(domain, console)); }
    consoles.append(line);
  }
  if (!domain.refusal && !domain.consoleList.length) {
    consoles.append(make('span', 'none', 'quiet'));
  }
  if (domain.state === 'running' && domain.consoleList.some((console) => console.kind !== 'serial')) { name.append(thumbnailOf(domain)); }
  row.append(name, node, state, cell);
  return row;
}

// Rows that did not change stay as they are, so that neither the focus nor what is read aloud jumps at each refresh.
function render(domains) {
  const body = element('domains');
  const focused = document.activeElement?.dataset?.focus;
  const wanted = new Map(domains.map((domain) => [`${domain.node}/${domain.id}`, domain]));

  for (const [key, { row }] of rows) {
    if (!wanted.has(key)) { row.remove(); rows.delete(key); }
  }
  let before = body.firstElementChild;
  for (const [key, domain] of wanted) {
    const text = JSON.stringify(domain);
    const old = rows.get(key);
    if (old?.text === text) {
      if (old.row === before) { before = before.nextElementSibling; } else { body.insertBefore(old.row, before); }
      continue;
    }
    const row = rowOf(domain);
    if (old) {
      if (old.row === before) { before = before.nextElementSibling; }
      old.row.remove();
    }
    body.insertBefore(row, before);
    rows.set(key, { row, text });
  }
  keepThumbnails(wanted);
  if (focused && document.activeElement?.dataset?.focus !== focused) {
    body.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
}

async function read() {
  own = await viewers();
  const filter = element('filter').value.trim();
  const domains = [];
  let after;
  for (let page = 0; page < pages; page++) {
    const query = new URLSearchParams({ limit: PageSize });
    if (filter) { query.set('name', filter); }
    if (after) { query.set('after', after); }
    const answer = await ask('GET', `/v1/domains?${query}`);
    domains.push(...answer.items);
    after = answer.next;
    if (!after) { break; }
  }
  return { domains, more: Boolean(after), filter };
}

async function refresh() {
  clearTimeout(refreshTimer);
  const mine = ++asked;
  try {
    const { domains, more, filter } = await read();
    if (mine !== asked) { return; }
    show(true);
    say(null);
    render(domains);
    element('more').hidden = !more;
    const number = more ? `The first ${domains.length} domains` : domains.length === 1 ? '1 domain' : `${domains.length} domains`;
    element('count').textContent = filter ? `${number} with "${filter}"` : number;
  } catch (problem) {
    if (mine !== asked) { return; }
    if (!(problem instanceof Refused)) { throw problem; }
    if (problem.status === 401) { say(null); show(false); return; }
    say(problem.message);
  }
  refreshTimer = setTimeout(() => (document.hidden ? undefined : refresh()), RefreshMilliseconds);
}

async function open(domain, console, button) {
  button.disabled = true;
  // Opened now, while the click still allows it.
  const tab = window.open('about:blank', '_blank');
  try {
    const token = await issueToken(domain.id, console.name, element('view-only').checked ? 'view' : 'control');
    (tab ?? window).location.href = `/console#${token}`;
    say(null);
  } catch (problem) {
    tab?.close();
    say(`${console.name} of ${domain.name} could not be opened: ${problem.message}`);
  } finally {
    button.disabled = false;
  }
}

async function openOwn(domain, console, button) {
  button.disabled = true;
  try {
    await saveViewerFile(domain.id, console.name, element('view-only').checked ? 'view' : 'control');
    say(null);
  } catch (problem) {
    say(`${console.name} of ${domain.name} could not be opened: ${problem.message}`);
  } finally {
    button.disabled = false;
  }
}

element('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    const answer = await ask('POST', '/v1/login', { key: element('key').value.trim() });
    element('key').value = '';
    element('who').textContent = answer?.user ? `Logged in as ${answer.user}` : '';
    await refresh();
    element('filter').focus();
  } catch (problem) {
    say(problem.message);
  }
});

element('logout').addEventListener('click', async () => {
  try {
    await ask('POST', '/v1/logout', {});
  } catch (problem) {
    say(problem.message);
    return;
  }
  ++asked;
  render([]);
  show(false);
});

element('filter').addEventListener('input', () => { pages = 1; clearTimeout(refreshTimer); refreshTimer = setTimeout(refresh, 200); });
element('more').addEventListener('click', () => { pages++; refresh(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden && !element('list').hidden) { refresh(); } });

refresh();

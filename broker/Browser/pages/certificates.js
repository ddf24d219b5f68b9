// What every node has for certificates, and what its running guests really serve.
import { ask, Refused } from './api.js';

const RefreshMilliseconds = 5000;
const PageSize = 500;

const element = (id) => document.getElementById(id);
const rows = new Map();
let refreshTimer = 0;
let asked = 0;
let latest = null;

// From bad to good.
const states = {
  'fault': ['bad', 'fault'],
  'expired': ['bad', 'expired'],
  'unproved': ['warn', 'unproved'],
  'pending': ['warn', 'pending'],
  'needs-restart': ['warn', 'needs restart'],
  'plain': ['warn', 'plain, no TLS'],
  'off': ['quiet', 'TLS is off'],
  'fresh': ['good', 'fresh'],
};
const order = Object.keys(states);

function make(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) { made.textContent = text; }
  if (className) { made.className = className; }
  return made;
}

const date = (text) => (text ? text.slice(0, 16).replace('T', ' ') : '');

function span(seconds) {
  if (seconds < 120) { return `${seconds} s`; }
  if (seconds < 7200) { return `${Math.round(seconds / 60)} min`; }
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

function stateOf(word) {
  const [tone, text] = states[word] ?? ['', word];
  return make('span', text, tone);
}

function line(title, first, details) {
  const made = make('div', undefined, 'endpoint');
  made.append(make('strong', title));
  const words = make('span', undefined, 'grow');
  words.append(first);
  const text = details.filter(Boolean).join(' · ');
  if (text) { words.append(document.createElement('br'), make('span', text, 'quiet')); }
  made.append(words);
  return made;
}

function setLine(set) {
  const tone = set.fault ? 'bad' : set.serial ? 'good' : 'quiet';
  const first = make('span', set.serial ? `until ${date(set.notAfter)}` : 'no certificate', tone);
  return line(set.use, first, [
    set.enabled ? null : 'off in qemu.conf', set.byHand ? 'by hand' : null, set.serial ? `serial ${set.serial}` : null, set.directory,
    set.fault, set.retryAt ? `next attempt at ${date(set.retryAt)}` : null,
  ]);
}

function consoleLine(console) {
  return line(`${console.domainName} ${console.console}`, stateOf(console.state), [
    console.serial ? `serial ${console.serial}` : null, console.notAfter ? `until ${date(console.notAfter)}` : null,
    console.age === null ? null : `proved ${span(console.age)} ago`, console.reason, console.by ? `to be done by ${date(console.by)}` : null,
  ]);
}

function rowOf(node) {
  const row = make('tr');
  const name = make('th', node.node);
  name.scope = 'row';
  if (!node.heard) { name.append(document.createElement('br'), make('span', 'silent', 'bad')); }
  const state = make('td');
  state.dataset.label = 'State';
  state.append(node.reports ? stateOf(node.state) : make('span', 'says nothing of certificates', 'quiet'));
  if (node.upToDate === false) { state.append(document.createElement('br'), make('span', 'other files are wanted now', 'warn')); }
  if (node.drift) { state.append(document.createElement('br'), make('span', `qemu.conf: ${node.drift}`, 'warn')); }
  const [sets, consoles] = [make('td'), make('td')];
  sets.append(...node.sets.map(setLine));
  const list = make('div', undefined, 'consoles');
  list.append(...node.consoles.map(consoleLine));
  if (!node.consoles.length) { list.append(make('span', 'none', 'quiet')); }
  consoles.append(list);
  row.append(name, state, sets, consoles);
  return row;
}

// The age of a proof changes with each answer, and is no reason to make a row anew more than once in a minute.
const textOf = (node) => JSON.stringify(node, (key, value) => (key === 'age' && value !== null ? Math.floor(value / 60) : value));

function render() {
  const filter = element('filter').value.trim().toLowerCase();
  const fits = (node) => !filter || node.node.includes(filter) || node.consoles.some((console) => console.domainName.toLowerCase().includes(filter));
  const wanted = latest.items.filter(fits).sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  const names = new Set(wanted.map((node) => node.node));
  for (const [name, { row }] of rows) {
    if (!names.has(name)) { row.remove(); rows.delete(name); }
  }
  const body = element('nodes');
  wanted.forEach((node, place) => {
    const text = textOf(node);
    let known = rows.get(node.node);
    if (known?.text !== text) {
      known?.row.remove();
      known = { row: rowOf(node), text };
      rows.set(node.node, known);
    }
    if (body.children[place] !== known.row) { body.insertBefore(known.row, body.children[place] ?? null); }
  });

  const counts = order.filter((state) => latest.consoles[state]).map((state) => `${latest.consoles[state]} ${states[state][1]}`);
  const number = latest.next ? `The first ${latest.items.length} nodes` : wanted.length === 1 ? '1 node' : `${wanted.length} nodes`;
  element('count').textContent = `${number}. Consoles of the fleet: ${counts.join(', ') || 'none'}.`;
  const own = latest.own.map((one) => `${one.use} ${one.notAfter ? `until ${date(one.notAfter)}` : ''}${one.fault ? ` (${one.fault})` : ''}`);
  element('own').textContent = `The broker's own: ${own.join(', ')}.`;
}

function say(problem) {
  element('problem').textContent = problem ?? '';
  element('problem').hidden = !problem;
}

async function refresh() {
  clearTimeout(refreshTimer);
  const mine = ++asked;
  try {
    const query = new URLSearchParams({ limit: PageSize });
    if (element('state').value) { query.set('state', element('state').value); }
    const answer = await ask('GET', `/v1/certificates?${query}`);
    if (mine !== asked) { return; }
    latest = answer;
    say(null);
    render();
  } catch (problem) {
    if (mine !== asked) { return; }
    if (!(problem instanceof Refused)) { throw problem; }
    say(problem.status === 401 ? 'Log in on the page of consoles first.' : problem.message);
  }
  refreshTimer = setTimeout(() => (document.hidden ? undefined : refresh()), RefreshMilliseconds);
}

element('filter').addEventListener('input', () => { if (latest) { render(); } });
element('state').addEventListener('change', refresh);
document.addEventListener('visibilitychange', () => { if (!document.hidden) { refresh(); } });

refresh();

// One console: redeems the token of the page's address, shows the guest's screen, and says in words how it went.
import RFB from '../novnc/core/rfb.js';
import { initLogging } from '../novnc/core/util/logging.js';
import { ask, issueToken, Refused, tokenIn } from './api.js';
import { fillKeys, sendCtrlAltDel } from './keys.js';
import { sentenceFor } from './closing.js';

const element = (id) => document.getElementById(id);
// What goes wrong is said on the page.
initLogging('none');

let rfb = null;
let channel = null;
let leaving = false;

// What this page shows, also after a reload: the token is gone by then, its console is not.
let shown = history.state?.console ?? null;

function say(words) {
  element('state').textContent = words;
}

function title(words) {
  element('title').textContent = words;
  document.title = `${words} - Consoles`;
}

function nameOf({ domain, console }) {
  return `${domain} · ${console}`;
}

function showEnd(why, detail, next) {
  element('toolbar').hidden = true;
  element('hint').hidden = true;
  element('screen').hidden = true;
  element('ended').hidden = false;
  element('ended-why').textContent = why;
  element('ended-detail').textContent = detail ?? '';
  element('ended-next').textContent = next ?? '';
  element('again').hidden = !shown;
  say('Closed');
  element('ended-title').focus();
}

// The token leaves the address bar, and with it the history, before anything else happens.
function takeToken() {
  const token = tokenIn(location.href);
  if (location.hash) {
    history.replaceState({ console: shown }, '', location.pathname);
  }
  return token;
}

async function start(token) {
  element('ended').hidden = true;
  say('Redeeming the token …');
  try {
    const redeemed = await ask('POST', '/v1/redeem', { token });
    shown = { domain: redeemed.domain, console: redeemed.console, rights: redeemed.rights };
    history.replaceState({ console: shown }, '', location.pathname);
    title(nameOf(redeemed));
    connect(redeemed);
  } catch (problem) {
    if (!(problem instanceof Refused)) { throw problem; }
    const refused = problem.status === 403;
    showEnd(refused ? sentenceFor(4001) : problem.message, refused ? problem.message : '', shown ? '' : askElsewhere);
  }
}

const askElsewhere = 'Ask whoever gave you this address for a new one, or log in and open the console from the list.';

function connect({ ticket, rights, channel: path }) {
  const viewOnly = rights === 'view';
  say('Connecting …');
  element('screen').hidden = false;
  element('screen').replaceChildren();

  const address = new URL(path, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  channel = new WebSocket(address, ['binary', `ticket.${ticket}`]);
  channel.addEventListener('close', closed);

  rfb = new RFB(element('screen'), channel, { shared: true });
  rfb.viewOnly = viewOnly;
  rfb.background = 'transparent';
  applyScale();
  rfb.addEventListener('connect', () => {
    say(viewOnly ? 'Connected, view only' : 'Connected');
    element('view-only').hidden = !viewOnly;
    element('toolbar').hidden = false;
    element('hint').hidden = false;
    for (const id of ['ctrl-alt-del', 'clipboard-send']) { element(id).disabled = viewOnly; }
    for (const button of element('key-list').children) { button.disabled = viewOnly; }
    rfb.focus();
  });
  rfb.addEventListener('clipboard', (event) => { element('clipboard-text').value = event.detail.text; });
  rfb.addEventListener('securityfailure', (event) => say(`Refused: ${event.detail.reason ?? 'no reason given'}`));
}

function closed(event) {
  if (event.currentTarget !== channel) { return; }
  rfb = null;
  if (document.fullscreenElement) { document.exitFullscreen(); }
  showEnd(sentenceFor(leaving ? 1000 : event.code), event.reason);
  leaving = false;
}

async function tryAgain() {
  element('again').disabled = true;
  say('Asking for a new token …');
  try {
    await start(await issueToken(shown.domain, shown.console, shown.rights));
  } catch (problem) {
    if (!(problem instanceof Refused)) { throw problem; }
    showEnd(problem.status === 401 ? 'To open this console again you need a new token.' : problem.message, '', problem.status === 401 ? askElsewhere : '');
  } finally {
    element('again').disabled = false;
  }
}

function applyScale() {
  const fit = element('scale').getAttribute('aria-pressed') === 'true';
  if (rfb) {
    rfb.scaleViewport = fit;
    rfb.clipViewport = !fit;
    rfb.dragViewport = !fit && rfb.viewOnly;
  }
}

element('again').addEventListener('click', tryAgain);
element('disconnect').addEventListener('click', () => {
  leaving = true;
  rfb?.disconnect();
});
element('ctrl-alt-del').addEventListener('click', () => sendCtrlAltDel(rfb));
element('clipboard-send').addEventListener('click', () => rfb?.clipboardPasteFrom(element('clipboard-text').value));
element('scale').addEventListener('click', () => {
  const fit = element('scale').getAttribute('aria-pressed') !== 'true';
  element('scale').setAttribute('aria-pressed', String(fit));
  element('scale').textContent = fit ? 'Fit to window' : 'Size 1:1';
  applyScale();
});
element('full-screen').addEventListener('click', () => {
  if (document.fullscreenElement) { document.exitFullscreen(); } else { document.documentElement.requestFullscreen(); }
  rfb?.focus();
});
fillKeys(element('key-list'), () => rfb);

// One menu is open at a time, and Escape closes it.
for (const menu of document.querySelectorAll('.menu')) {
  menu.addEventListener('toggle', () => {
    if (menu.open) { for (const other of document.querySelectorAll('.menu')) { if (other !== menu) { other.open = false; } } }
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { menu.open = false; menu.querySelector('summary').focus(); }
  });
}

// The guest gets every key, Tab too. Without a way out, a keyboard alone could not leave its screen.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyM' && rfb && !element('toolbar').hidden) {
    event.preventDefault();
    event.stopPropagation();
    for (const [keysym, code] of [[0xffe3, 'ControlLeft'], [0xffe9, 'AltLeft'], [0xffe1, 'ShiftLeft']]) { rfb.sendKey(keysym, code, false); }
    rfb.blur();
    element('ctrl-alt-del').disabled ? element('scale').focus() : element('ctrl-alt-del').focus();
  }
}, { capture: true });

const token = takeToken();
if (token) {
  start(token);
} else if (shown) {
  title(nameOf(shown));
  showEnd('The page was loaded anew, and a token opens a console once.');
} else {
  showEnd('This address has no token.', '', askElsewhere);
}
window.addEventListener('hashchange', () => {
  const next = takeToken();
  if (next) {
    const old = channel;
    channel = null;
    old?.close();
    start(next);
  }
});

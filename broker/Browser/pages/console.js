// One console: redeems the token of the page's address, has it opened by the module of its kind, and says in words how it went.
//
// A module is loaded when a console of its kind is opened, and exports
//   async function open(given) -> view
// given:
//   stage      an empty element that fills the space below the toolbar; its children are removed at the next opening
//   tools      an empty part of the toolbar, for the kind's own buttons (controls.js); emptied with the stage
//   redeemed   the answer of /v1/redeem: domain, console, kind, rights, ticket
//   address    of the channel's WebSocket,
//   protocols  and what to offer there. One binary stream: its messages have no borders
//   viewOnly   true when nothing may be sent to the guest; the broker drops it anyway
//   ready(text)          the console can be used. The text, if any, stands where "Connected" would
//   status(text)         what goes on, in words
//   ended(code, reason, ...buttons)  the channel is closed: once. The shell turns the code into a sentence; the buttons stand below it
// view:
//   close()    ends the console; ended comes of it
//   focus()    gives the guest the keyboard
//   letGo()    takes the keyboard back from the guest, keys that are held included
// Nothing that a guest or a node says is ever put into the page as HTML.
import { ask, issueToken, Refused, tokenIn } from './api.js';
import { sentenceFor } from './closing.js';
import { button } from './controls.js';
import { typingMenu } from './typing.js';
import { saveViewerFile, viewers } from './viewers.js';

const kinds = {
  vnc: () => import('./vnc.js'),
  spice: () => import('./spice.js'),
  serial: () => import('./serial.js'),
};

const element = (id) => document.getElementById(id);

let view = null;
let opening = 0;
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

function showEnd(why, detail, next, ...buttons) {
  for (const id of ['toolbar', 'hint', 'screen']) { element(id).hidden = true; }
  element('ended').hidden = false;
  element('ended-why').textContent = why;
  element('ended-detail').textContent = detail ?? '';
  element('ended-next').textContent = next ?? '';
  element('again').hidden = !shown;
  element('ended-buttons').replaceChildren(...buttons);
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
    // Force is for once: whoever tries again later may have to do with somebody else.
    shown = { domain: redeemed.domain, console: redeemed.console, rights: redeemed.rights === 'force' ? 'control' : redeemed.rights };
    history.replaceState({ console: shown }, '', location.pathname);
    title(nameOf(redeemed));
    await connect(redeemed);
  } catch (problem) {
    if (!(problem instanceof Refused)) { throw problem; }
    const refused = problem.status === 403;
    showEnd(refused ? sentenceFor(4001) : problem.message, refused ? problem.message : '', shown ? '' : askElsewhere);
  }
}

const askElsewhere = 'Ask whoever gave you this address for a new one, or log in and open the console from the list.';

async function moduleOf(kind) {
  if (!Object.hasOwn(kinds, kind)) { throw new Refused(0, `This page shows no ${kind} consoles.`); }
  try {
    return await kinds[kind]();
  } catch {
    throw new Refused(0, 'The part of this page that shows such a console could not be loaded. The network may be down, or the broker is of another version by now: load the page anew.');
  }
}

async function connect(redeemed) {
  const mine = ++opening;
  const current = () => mine === opening;
  const viewOnly = redeemed.rights === 'view';
  say('Connecting …');
  const { open } = await moduleOf(redeemed.kind);
  if (!current()) { return; }

  element('screen').hidden = false;
  element('screen').replaceChildren();
  element('tools').replaceChildren();
  const address = new URL(redeemed.channel, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  let closed = false;
  const readied = Promise.withResolvers();

  const opened = await open({
    stage: element('screen'),
    tools: element('tools'),
    redeemed,
    address: address.href,
    protocols: ['binary', `ticket.${redeemed.ticket}`],
    viewOnly,
    ready: readied.resolve,
    status: (text) => { if (current() && !closed) { say(text); } },
    ended(code, reason, ...buttons) {
      closed = true;
      if (current()) { over(code, reason, buttons); }
    },
  });

  if (!current()) {
    opened.close();
  } else if (!closed) {
    view = opened;
    // A serial line takes text as it is; a screen has keys alone.
    if (!viewOnly && redeemed.kind !== 'serial') { element('tools').append(typingMenu(redeemed.ticket, () => view?.focus())); }
    offerOwnViewer(redeemed, current);
    readied.promise.then((text) => { if (current() && !closed) { usable(viewOnly, text); } });
  }
}

// The same console in a viewer of the person's own, for who is logged in.
async function offerOwnViewer({ domain, console, kind, rights }, current) {
  const own = await viewers().catch(() => ({}));
  if (kind === 'serial' || !own[kind] || !current()) { return; }
  const made = button('Own viewer', async () => {
    try {
      await saveViewerFile(domain, console, rights);
    } catch (problem) {
      if (!(problem instanceof Refused)) { throw problem; }
      say(problem.status === 401 ? 'Log in at the list to open consoles in a viewer of your own.' : problem.message);
    }
  });
  made.title = 'Saves a file that opens this console in remote-viewer, once and soon.';
  element('tools').append(made);
}

function usable(viewOnly, text) {
  say(typeof text === 'string' ? text : viewOnly ? 'Connected, view only' : 'Connected');
  element('view-only').hidden = !viewOnly;
  element('toolbar').hidden = false;
  element('hint').hidden = false;
  view?.focus();
}

// By somebody outside of Consoles from whom it can be taken, as the broker knows.
const held = 4009;

function over(code, reason, buttons) {
  view = null;
  if (document.fullscreenElement) { document.exitFullscreen(); }
  const force = code === held ? [button('Take it by force', () => tryAgain('force'))] : [];
  showEnd(sentenceFor(leaving ? 1000 : code), reason, '', ...buttons, ...force);
  leaving = false;
}

async function tryAgain(rights = shown.rights) {
  element('again').disabled = true;
  say('Asking for a new token …');
  try {
    await start(await issueToken(shown.domain, shown.console, rights));
  } catch (problem) {
    if (!(problem instanceof Refused)) { throw problem; }
    showEnd(problem.status === 401 ? 'To open this console again you need a new token.' : problem.message, '', problem.status === 401 ? askElsewhere : '');
  } finally {
    element('again').disabled = false;
  }
}

element('again').addEventListener('click', () => tryAgain());
element('disconnect').addEventListener('click', () => {
  leaving = true;
  view?.close();
});
element('full-screen').addEventListener('click', () => {
  if (document.fullscreenElement) { document.exitFullscreen(); } else { document.documentElement.requestFullscreen(); }
  view?.focus();
});

// One menu is open at a time, and Escape closes it.
document.addEventListener('toggle', ({ target }) => {
  if (target.open && target.matches('.menu')) { for (const other of document.querySelectorAll('.menu')) { if (other !== target) { other.open = false; } } }
}, { capture: true });
element('toolbar').addEventListener('keydown', (event) => {
  const menu = event.target.closest('.menu');
  if (event.key === 'Escape' && menu) { menu.open = false; menu.querySelector('summary').focus(); }
});

// The guest gets every key, Tab too. Without a way out, a keyboard alone could not leave its screen.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyM' && view && !element('toolbar').hidden) {
    event.preventDefault();
    event.stopPropagation();
    view.letGo();
    element('toolbar').querySelector('button:enabled, summary').focus();
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
    const old = view;
    opening++;
    view = null;
    old?.close();
    start(next);
  }
});

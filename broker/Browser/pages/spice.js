// The screen of a guest over SPICE. What a module like this has to do is said in console.js.
import { SpiceMainConn } from '../spice-html5/src/main.js';
import { button, menu, toggle } from './controls.js';
import { combinations, press } from './keys.js';
import { SpiceKeys, SpicePointer } from './spice-input.js';

// spice-protocol's numbers of the channels that are opened, and of the message that lists those there are.
const display = 2;
const inputs = 3;
const cursor = 4;
const channelsList = 104;

// spice-html5 plays sound and VP8 through elements that the content security policy lets nothing into. Without this it does not ask for them.
delete globalThis.MediaSource;

const Socket = globalThis.WebSocket;

export async function open({ stage, tools, address, protocols, viewOnly, ready, status, ended }) {
  stage.setAttribute('aria-label', 'Screen of the guest');
  const surface = document.createElement('div');
  Object.assign(surface, { id: 'spice-surface', className: 'fitted', tabIndex: 0 });
  stage.append(surface);
  const wanted = viewOnly ? [display, cursor] : [display, inputs, cursor];
  let over = false;
  let main = null;

  function end(code, reason) {
    if (over) { return; }
    over = true;
    pointer.release();
    keys.release();
    main?.stop();
    ended(code, reason);
  }

  // spice-html5 makes a WebSocket for each of its channels, and lets nobody say what to offer there.
  globalThis.WebSocket = class extends Socket {
    constructor(url, offered) {
      super(url, url === address && offered === 'binary' ? protocols : offered);
      this.addEventListener('close', (event) => end(event.code, event.reason));
      this.addEventListener('message', () => setTimeout(look));
    }
  };

  function look() {
    if (!over && main?.display?.state === 'ready' && surface.querySelector('canvas') && (viewOnly || main.inputs?.state === 'ready')) { ready(); }
  }

  const send = (type, body) => sendInput(main?.inputs, type, body);
  const keys = new SpiceKeys(surface, send);
  const pointer = new SpicePointer(surface, send, () => main);

  main = new SpiceMainConn({
    uri: address,
    screen_id: surface.id,
    password: '',
    onerror: (error) => {
      if (!over) { status(error.message); }
      end(1002, error.message);
    },
  });
  openOnly(main, wanted);

  if (!viewOnly) {
    keys.grab();
    pointer.grab();
  }
  tools.append(...controls(surface, keys, viewOnly));

  return {
    focus: () => surface.focus({ preventScroll: true }),
    close: () => end(1000, ''),
    letGo() {
      keys.up();
      surface.blur();
    },
  };
}

// Sound, devices and files are not for this page, and spice-html5 would take a channel of sound for that of the pointer's shape.
function openOnly(main, wanted) {
  const inherited = main.process_channel_message;
  main.process_channel_message = function (message) {
    if (message.type !== channelsList) { return inherited.call(this, message); }

    message.data = only(message.data, wanted);
    const known = inherited.call(this, message);
    // It reads this before there is a stream.
    this.display.streams = [];
    // Keys and pointer are ours: by place of the key instead of its letter, and in the size that the screen is shown in.
    this.display.hook_events = () => {};
    return known;
  };
}

// A count, and then type and number of each.
function only(list, wanted) {
  const given = new DataView(list);
  const kept = [];
  for (let at = 4; at + 1 < list.byteLength; at += 2) {
    if (wanted.includes(given.getUint8(at)) && given.getUint8(at + 1) === 0) { kept.push(given.getUint8(at), 0); }
  }
  const short = new DataView(new ArrayBuffer(4 + kept.length));
  short.setUint32(0, kept.length / 2, true);
  kept.forEach((byte, index) => short.setUint8(4 + index, byte));
  return short.buffer;
}

function sendInput(channel, type, body) {
  if (channel?.state !== 'ready') { return false; }
  const message = new Uint8Array(6 + body.byteLength);
  const head = new DataView(message.buffer);
  head.setUint16(0, type, true);
  head.setUint32(2, body.byteLength, true);
  message.set(new Uint8Array(body.buffer), 6);
  channel.ws.send(message);
  return true;
}

function controls(surface, keys, viewOnly) {
  const strike = (strokes) => {
    press(keys, strokes);
    surface.focus({ preventScroll: true });
  };
  const list = menu('Keys', ...combinations.map(([name, strokes]) => button(name, () => {
    strike(strokes);
    list.open = false;
  }, { disabled: viewOnly })));
  list.classList.add('keys');

  return [
    button('Ctrl-Alt-Del', () => strike([[0, 'ControlLeft'], [0, 'AltLeft'], [0, 'Delete']]), { disabled: viewOnly }),
    list,
    toggle('Fit to window', true, (on) => {
      surface.classList.toggle('fitted', on);
      return on ? 'Fit to window' : 'Size 1:1';
    }),
  ];
}

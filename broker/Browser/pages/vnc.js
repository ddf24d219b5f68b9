// The screen of a guest over VNC. What a module like this has to do is said in console.js.
import RFB from '../novnc/core/rfb.js';
import { initLogging } from '../novnc/core/util/logging.js';
import { button, field, label, menu, toggle } from './controls.js';
import { combinations, press } from './keys.js';

// What goes wrong is said on the page.
initLogging('none');

export async function open({ stage, tools, address, protocols, viewOnly, ready, status, ended }) {
  stage.setAttribute('aria-label', 'Screen of the guest');
  const channel = new WebSocket(address, protocols);
  channel.addEventListener('close', (event) => ended(event.code, event.reason));

  const rfb = new RFB(stage, channel, { shared: true });
  rfb.viewOnly = viewOnly;
  rfb.background = 'transparent';
  fit(rfb, true);
  rfb.addEventListener('connect', ready);
  rfb.addEventListener('securityfailure', (event) => status(`Refused: ${event.detail.reason ?? 'no reason given'}`));
  tools.append(...controls(rfb, viewOnly));

  return {
    focus: () => rfb.focus(),
    close: () => rfb.disconnect(),
    letGo() {
      // The guest saw these go down, and will not see them come up.
      for (const [keysym, code] of [[0xffe3, 'ControlLeft'], [0xffe9, 'AltLeft'], [0xffe1, 'ShiftLeft']]) { rfb.sendKey(keysym, code, false); }
      rfb.blur();
    },
  };
}

function fit(rfb, on) {
  rfb.scaleViewport = on;
  rfb.clipViewport = !on;
  rfb.dragViewport = !on && rfb.viewOnly;
}

function controls(rfb, viewOnly) {
  return [
    button('Ctrl-Alt-Del', () => {
      rfb.sendCtrlAltDel();
      rfb.focus();
    }, { disabled: viewOnly }),
    keys(rfb, viewOnly),
    clipboard(rfb, viewOnly),
    toggle('Fit to window', true, (on) => {
      fit(rfb, on);
      return on ? 'Fit to window' : 'Size 1:1';
    }),
  ];
}

function keys(rfb, viewOnly) {
  const list = menu('Keys', ...combinations.map(([name, strokes]) => button(name, () => {
    press(rfb, strokes);
    list.open = false;
    rfb.focus();
  }, { disabled: viewOnly })));
  list.classList.add('keys');
  return list;
}

function clipboard(rfb, viewOnly) {
  const text = field('textarea', { id: 'clipboard-text', rows: 5, cols: 32, spellcheck: false });
  rfb.addEventListener('clipboard', (event) => { text.value = event.detail.text; });
  return menu(
    'Clipboard',
    label('Text of the guest\'s clipboard, or for it', text),
    text,
    button('Send to the guest', () => rfb.clipboardPasteFrom(text.value), { disabled: viewOnly }),
  );
}

// A serial line of a guest, shared with whoever else looks. What a module like this has to do is said in console.js.
import { button } from './controls.js';
import { FrameReader, gapOf, saidBy, type } from './serial-frames.js';
import { Input } from './serial-input.js';
import { SeenLog } from './serial-log.js';
import { controls } from './serial-controls.js';
import { styleWithoutInline } from './serial-styles.js';
import { LineTerminal } from './serial-terminal.js';

const maxBuffered = 64 * 1024;
const noticeMs = 8000;
const protocolError = 1002;

let prepared = null;

function prepare() {
  styleWithoutInline();
  const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('../xterm/xterm/css/xterm.css', import.meta.url).href });
  return new Promise((resolve, reject) => {
    style.addEventListener('load', resolve);
    style.addEventListener('error', () => reject(new Error('The style of the terminal could not be loaded.')));
    document.head.append(style);
  });
}

export async function open(given) {
  await (prepared ??= prepare());
  given.stage.setAttribute('aria-label', 'Serial console of the guest');
  const line = new Line(given);
  return { close: () => line.close(), focus: () => line.terminal.focus(), letGo: () => line.terminal.blur() };
}

class Line {
  lineEnding = '\r';
  #given;
  #socket;
  #frames = new FrameReader();
  #log = new SeenLog();
  #input;
  #controls;
  #notice = Object.assign(document.createElement('p'), { className: 'serial-notice', hidden: true });
  #noticeTimer;
  #down = null;
  #writes = false;
  #writer = null;
  #failure = null;

  constructor(given) {
    this.#given = given;
    this.#socket = new WebSocket(given.address, given.protocols);
    this.#socket.binaryType = 'arraybuffer';
    const screen = Object.assign(document.createElement('div'), { className: 'serial-screen' });
    this.#notice.setAttribute('role', 'status');
    given.stage.replaceChildren(screen, this.#notice);
    this.terminal = new LineTerminal(screen, { viewOnly: given.viewOnly, answer: (text) => this.#answer(text) });
    this.#input = new Input(this.#socket, (waiting) => this.#say(waiting > 0 ? `Typing, ${waiting} bytes to go …` : ''));
    this.#controls = controls(this, given);
    given.tools.append(...this.#controls.parts);

    this.#socket.addEventListener('open', () => given.ready(this.#state()));
    this.#socket.addEventListener('message', ({ data }) => this.#received(new Uint8Array(data)));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason));
    this.terminal.onTyped((text) => this.#typed(() => this.#input.type(text)), (text) => this.#typed(() => this.#input.typeBytes(text)));
    this.terminal.onKey((event) => event.ctrlKey && event.shiftKey && (event.code === 'KeyV' || (event.code === 'KeyC' && this.#copyKey(event))));
    screen.addEventListener('paste', (event) => this.#pasted(event), { capture: true });
  }

  close() { this.#socket.close(1000); }

  takeOrRelease() {
    this.#input.signal(this.#writes ? type.release : type.take);
    this.terminal.focus();
  }

  sendBreak() {
    this.#typed(() => this.#input.signal(type.break));
    this.terminal.focus();
  }

  typeLine(text) {
    this.#typed(() => this.#input.type(`${text}\r`));
    this.terminal.focus();
  }

  paste(text) {
    this.#typed(() => {
      const refused = this.#input.paste(text, this.lineEnding, this.terminal.bracketsPastes);
      if (refused) { this.#say(refused); }
    });
    this.terminal.focus();
  }

  stopTyping() { this.#input.stop(); }

  copy() {
    this.terminal.focus();
    // xterm.js puts its selection into the event that comes of it. It works without HTTPS too, where there is no navigator.clipboard.
    if (this.terminal.selected === '' || !document.execCommand('copy')) { this.#say('Nothing is selected.'); }
  }

  download() {
    if (this.#log.left > 0) { this.#say(`The first ${this.#log.left} bytes that this page has seen are not in the file any more.`); }
    this.#log.save(`${this.#given.redeemed.domain}-${this.#given.redeemed.console}`);
  }

  #copyKey(event) {
    if (event.type === 'keydown') { this.copy(); }
    event.preventDefault();
    return true;
  }

  #pasted(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    this.paste(event.clipboardData.getData('text/plain'));
  }

  // Whoever is first to type becomes the one who writes; after that, taking over is an act of its own.
  #typed(act) {
    if (this.#given.viewOnly) { return; }
    if (!this.#writes && this.#writer !== null) {
      this.#say(`${this.#writer} types at the moment. Take over to type yourself.`);
    } else {
      act();
    }
  }

  #answer(text) {
    if (this.#writes && !this.#given.viewOnly && this.#socket.bufferedAmount < maxBuffered) { this.#input.type(text); }
  }

  #received(bytes) {
    try {
      for (const { type: kind, payload } of this.#frames.push(bytes)) { this.#take(kind, payload); }
    } catch (problem) {
      if (!(problem instanceof RangeError || problem instanceof SyntaxError)) { throw problem; }
      this.#failure ??= problem.message;
      this.#socket.close(1000);
    }
  }

  #take(kind, payload) {
    switch (kind) {
      case type.past: this.#log.add(payload); this.terminal.showPast(payload.slice()); break;
      case type.live: this.terminal.endPast(); break;
      case type.data: this.#log.add(payload); this.terminal.show(payload.slice()); break;
      case type.gap: this.terminal.showGap(gapOf(payload)); break;
      case type.notice: this.#say(new TextDecoder().decode(payload)); break;
      case type.state: this.#attached(saidBy(payload)); break;
      case type.writer: this.#written(saidBy(payload)); break;
    }
  }

  #attached({ attached, reason }) {
    this.#down = attached ? null : String(reason ?? 'no reason given');
    this.#given.status(this.#state());
  }

  #written({ you, writer }) {
    const had = this.#writes;
    this.#writes = you === true;
    this.#writer = typeof writer === 'string' ? writer : null;
    if (had && !this.#writes) {
      this.#input.stop();
      if (this.#writer !== null) { this.#say(`${this.#writer} took over. What you type goes nowhere until you take over.`); }
    }
    this.#controls.showWriter(this.#writes);
    this.#given.status(this.#state());
  }

  #state() {
    if (this.#down !== null) { return `The serial line is down: ${this.#down}`; }
    const who = this.#writes ? 'you type' : this.#writer !== null ? `${this.#writer} types` : 'nobody types';
    return this.#given.viewOnly ? `Connected, view only, ${who}` : `Connected, ${who}`;
  }

  #say(words) {
    clearTimeout(this.#noticeTimer);
    this.#notice.textContent = words;
    this.#notice.hidden = words === '';
    this.#noticeTimer = setTimeout(() => { this.#notice.hidden = true; }, noticeMs);
  }

  #closed(code, reason) {
    this.#input.stop();
    clearTimeout(this.#noticeTimer);
    this.terminal.dispose();
    this.#given.ended(this.#failure === null ? code : protocolError, this.#failure ?? reason, button('Download log', () => this.download()));
  }
}

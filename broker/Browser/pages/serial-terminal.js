// The terminal of a serial line: xterm.js with a guard, a bound, and marks for what is past and what is left out.
import { Terminal } from '../xterm/xterm/lib/xterm.mjs';
import { FitAddon } from '../xterm/addon-fit/lib/addon-fit.mjs';
import { SearchAddon } from '../xterm/addon-search/lib/addon-search.mjs';
import { guard } from './serial-guard.js';

// A WebSocket cannot be told to wait. What the terminal has not shown by then is left out, and said so.
const maxPending = 8 * 1024 * 1024;
const scrollbackLines = 10_000;
const fontSizes = [9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28];
const found = { matchBackground: '#665c00', activeMatchBackground: '#b35900', matchOverviewRuler: '#665c00', activeMatchColorOverviewRuler: '#b35900' };

export class LineTerminal {
  #terminal;
  #fit = new FitAddon();
  #search = new SearchAddon();
  #resized = new ResizeObserver(() => this.refit());
  #pending = 0;
  #leftOut = 0n;
  #past = false;
  #live = false;

  /** Whether the terminal fills its element, or is as large as terminals once were. */
  fits = true;

  /** @param answer what to do with an answer that the guest asked the terminal for; not called while the past is shown */
  constructor(element, { viewOnly, answer }) {
    this.#terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !viewOnly,
      cursorInactiveStyle: viewOnly ? 'none' : 'outline',
      disableStdin: viewOnly,
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace',
      fontSize: 14,
      // What a guest sends is its own affair, and not an error of this page.
      logLevel: 'off',
      scrollback: scrollbackLines,
      theme: { background: '#16181d' },
    });
    guard(this.#terminal, (text) => { if (this.#live) { answer(text); } });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.open(element);
    this.#resized.observe(element);
    this.refit();
  }

  get size() { return { rows: this.#terminal.rows, cols: this.#terminal.cols }; }

  get bracketsPastes() { return this.#terminal.modes.bracketedPasteMode; }

  get selected() { return this.#terminal.getSelection(); }

  get fontSize() { return this.#terminal.options.fontSize; }

  onTyped(act, actOnBytes) {
    this.#terminal.onData(act);
    this.#terminal.onBinary(actOnBytes);
  }

  onResized(act) { this.#terminal.onResize(act); }

  onFound(act) { this.#search.onDidChangeResults(act); }

  /** Keys that are the page's own: act(event) answers with true for those. */
  onKey(act) { this.#terminal.attachCustomKeyEventHandler((event) => !act(event)); }

  showPast(bytes) {
    this.#past ||= bytes.length > 0;
    this.#write(bytes);
  }

  /** The past ends where the terminal is when it has shown all of it. */
  endPast() {
    this.#terminal.write('', () => {
      this.#live = true;
      if (this.#past) { this.#drawLine(); }
    });
  }

  show(bytes) { this.#write(bytes); }

  /** Says that bytes are missing here. */
  showGap(bytes) {
    // CAN ends whatever escape sequence the gap tore (ECMA-48, section 8.3.6).
    this.#terminal.write(`\x18\r\n\x1b[0;2m… ${bytes.toLocaleString('en')} bytes left out\x1b[0m\r\n`);
  }

  find(text, { back = false, incremental = false } = {}) {
    const options = { decorations: found, incremental };
    if (back) { this.#search.findPrevious(text, options); } else { this.#search.findNext(text, options); }
  }

  endFind() { this.#search.clearDecorations(); }

  zoom(step) {
    const at = fontSizes.indexOf(this.fontSize) + step;
    if (at >= 0 && at < fontSizes.length) {
      this.#terminal.options.fontSize = fontSizes[at];
      this.refit();
    }
  }

  refit() {
    if (this.fits) { this.#fit.fit(); } else { this.#terminal.resize(80, 24); }
  }

  clear() { this.#terminal.clear(); }

  focus() { this.#terminal.focus(); }

  blur() { this.#terminal.blur(); }

  dispose() {
    this.#resized.disconnect();
    this.#terminal.dispose();
  }

  #write(bytes) {
    if (bytes.length === 0) { return; }
    if (this.#pending + bytes.length > maxPending || (this.#leftOut > 0n && this.#pending > maxPending / 2)) {
      this.#leftOut += BigInt(bytes.length);
      return;
    }
    this.#sayLeftOut();
    this.#pending += bytes.length;
    this.#terminal.write(bytes, () => {
      this.#pending -= bytes.length;
      if (this.#pending === 0) { this.#sayLeftOut(); }
    });
  }

  #sayLeftOut() {
    if (this.#leftOut > 0n) {
      this.showGap(this.#leftOut);
      this.#leftOut = 0n;
    }
  }

  // Drawn over the terminal and not written into it: a program that fills the screen goes on where it was.
  #drawLine() {
    const { cursorX } = this.#terminal.buffer.active;
    const marker = this.#terminal.registerMarker(0);
    const line = marker && this.#terminal.registerDecoration({ marker, width: this.#terminal.cols, layer: 'top' });
    line?.onRender((element) => {
      element.classList.add('live-line', cursorX > 0 ? 'below' : 'above');
      element.textContent = 'live from here';
    });
  }
}

// What goes to the guest: keys at once, and longer texts at the pace of a line that the guest's serial driver can follow.
import { frame, maxPayload, type } from './serial-frames.js';

// 256 bytes in 20 ms are about what 115200 baud carry. A guest that is handed more at once drops what its line discipline has no room for.
const pieceBytes = 256;
const paceMs = 20;
const maxBuffered = 64 * 1024;
const maxPaste = 1024 * 1024;

const encoder = new TextEncoder();

export class Input {
  #socket;
  #queue = [];
  #timer = null;
  #progress;

  /** @param progress told how many bytes still wait, and 0 at the end */
  constructor(socket, progress) {
    this.#socket = socket;
    this.#progress = progress;
  }

  /** Keys, and answers of the terminal. */
  type(text) {
    this.#put(encoder.encode(text));
  }

  /** Bytes that xterm.js gives as characters up to 255: old mouse reports. */
  typeBytes(text) {
    this.#put(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  /** A text of the clipboard. Answers with why not, in words, or null. */
  paste(text, lineEnding, bracketed) {
    // Controls do not come from a person's text, and one of them could end the brackets early.
    const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '').replace(/\r\n|\r|\n/g, lineEnding);
    const bytes = encoder.encode(bracketed ? `\x1b[200~${clean}\x1b[201~` : clean);
    if (bytes.length > maxPaste) { return `That are ${bytes.length} bytes; ${maxPaste} can be pasted at once.`; }
    this.#put(bytes);
    return null;
  }

  signal(kind) {
    if (this.#socket.readyState === WebSocket.OPEN) { this.#socket.send(frame(kind)); }
  }

  /** Forgets what still waits. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue = [];
    this.#progress(0);
  }

  #put(bytes) {
    if (bytes.length === 0 || this.#socket.readyState !== WebSocket.OPEN) { return; }
    // In order: keys that are pressed during a long text come after it.
    if (this.#timer === null && bytes.length <= pieceBytes && this.#socket.bufferedAmount < maxBuffered) {
      this.#socket.send(frame(type.input, bytes));
    } else if (this.waiting + bytes.length <= maxPaste + maxPayload) {
      this.#queue.push(bytes);
      this.#timer ??= setTimeout(() => this.#next(), 0);
    }
  }

  get waiting() {
    return this.#queue.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  #next() {
    this.#timer = null;
    if (this.#socket.readyState !== WebSocket.OPEN) { this.stop(); return; }
    if (this.#queue.length > 0 && this.#socket.bufferedAmount === 0) {
      const [bytes] = this.#queue;
      this.#socket.send(frame(type.input, bytes.subarray(0, pieceBytes)));
      if (bytes.length > pieceBytes) { this.#queue[0] = bytes.subarray(pieceBytes); } else { this.#queue.shift(); }
      this.#progress(this.waiting);
    }
    if (this.#queue.length > 0) { this.#timer = setTimeout(() => this.#next(), paceMs); }
  }
}

// Keys and pointer for a guest's SPICE inputs channel (spice-protocol: SPICE_MSGC_INPUTS_*).
import Keyboard from '../novnc/core/input/keyboard.js';
import scanCodes from '../novnc/core/input/xtscancodes.js';

const keyDown = 101;
const keyUp = 102;
const motion = 111;
const position = 112;
const pressed = 113;
const released = 114;

const absolute = 2;
const wheelUp = 4;
const wheelDown = 5;

// The server confirms every fourth movement; more than two such bunches are not left unconfirmed.
const unconfirmed = 8;

function packed(length, fill) {
  const body = new DataView(new ArrayBuffer(length));
  fill(body);
  return body;
}

/** Keys by their place on the keyboard, as a PC's keyboard would send them: what they mean is the guest's affair. */
export class SpiceKeys {
  #keyboard;
  #send;
  #down = new Set();

  constructor(surface, send) {
    this.#send = send;
    this.#keyboard = new Keyboard(surface);
    this.#keyboard.onkeyevent = (keysym, code, down) => this.sendKey(keysym, code, down);
  }

  grab() { this.#keyboard.grab(); }

  release() { this.#keyboard.ungrab(); }

  /** Lets go of every key that the guest saw go down. */
  up() {
    for (const code of [...this.#down]) { this.sendKey(0, code, false); }
  }

  sendKey(_, code, down) {
    const scan = scanCodes[code];
    if (scan === undefined) { return; }
    if (down) { this.#down.add(code); } else { this.#down.delete(code); }

    // Set 1: a release has the highest bit. The byte 0xe0 goes before those of keys that the first PCs had not.
    const key = (scan & 0x7f) | (down ? 0 : 0x80);
    const bytes = scan > 0xff ? (scan >> 8) | (key << 8) : key;
    this.#send(down ? keyDown : keyUp, packed(4, (body) => body.setUint32(0, bytes, true)));
  }
}

/** The pointer, in the guest's own pixels whatever size its screen is shown in. */
export class SpicePointer {
  #surface;
  #send;
  #main;
  #stop = new AbortController();
  #wanted = null;
  #last = null;
  #buttons = 0;

  /** @param main answers with spice-html5's main channel, which knows how the guest wants its pointer moved */
  constructor(surface, send, main) {
    this.#surface = surface;
    this.#send = send;
    this.#main = main;
  }

  grab() {
    const on = (type, act) => this.#surface.addEventListener(type, (event) => {
      event.preventDefault();
      act(event);
    }, { signal: this.#stop.signal, passive: false });

    on('pointermove', (event) => this.#aim(event));
    on('pointerdown', (event) => {
      this.#surface.focus({ preventScroll: true });
      this.#surface.setPointerCapture(event.pointerId);
      this.#aim(event);
      this.#button(event.button, true);
    });
    on('pointerup', (event) => {
      this.#aim(event);
      this.#button(event.button, false);
    });
    on('wheel', (event) => {
      const button = event.deltaY < 0 ? wheelUp : wheelDown;
      this.#send(pressed, this.#state(button));
      this.#send(released, this.#state(button));
    });
    on('contextmenu', () => {});
  }

  release() { this.#stop.abort(); }

  // Once a frame at most, and the last place always.
  #aim(event) {
    const first = this.#wanted === null;
    this.#wanted = this.#place(event);
    if (first) { requestAnimationFrame(() => this.#move()); }
  }

  #move() {
    const inputs = this.#main()?.inputs;
    if (!this.#wanted || this.#stop.signal.aborted || !inputs) {
      this.#wanted = null;
      return;
    }
    if (inputs.waiting_for_ack >= unconfirmed) {
      requestAnimationFrame(() => this.#move());
      return;
    }

    const to = this.#wanted;
    const from = this.#last ?? to;
    this.#wanted = null;
    this.#last = to;
    const isAbsolute = this.#main().mouse_mode === absolute;
    const sent = isAbsolute
      ? this.#send(position, packed(11, (body) => {
        body.setUint32(0, to.x, true);
        body.setUint32(4, to.y, true);
        body.setUint16(8, this.#buttons, true);
      }))
      : this.#send(motion, packed(10, (body) => {
        body.setInt32(0, to.x - from.x, true);
        body.setInt32(4, to.y - from.y, true);
        body.setUint16(8, this.#buttons, true);
      }));
    if (sent) { inputs.waiting_for_ack++; }
  }

  #button(index, down) {
    if (index > 2) { return; }
    // Where it is pressed comes before that it is.
    this.#move();
    this.#buttons = down ? this.#buttons | (1 << index) : this.#buttons & ~(1 << index);
    this.#send(down ? pressed : released, this.#state(index + 1));
  }

  #state(button) {
    return packed(3, (body) => {
      body.setUint8(0, button);
      body.setUint16(1, this.#buttons, true);
    });
  }

  // The canvas keeps its proportions, and stands in the middle of its element.
  #place(event) {
    const canvas = this.#surface.querySelector('canvas');
    if (!canvas) { return { x: 0, y: 0 }; }
    const box = canvas.getBoundingClientRect();
    const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
    const within = (value, size) => Math.max(0, Math.min(size - 1, Math.floor(value)));
    return {
      x: within((event.clientX - box.left - (box.width - canvas.width * scale) / 2) / scale, canvas.width),
      y: within((event.clientY - box.top - (box.height - canvas.height * scale) / 2) / scale, canvas.height),
    };
  }
}

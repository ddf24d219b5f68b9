// The frames of a shared serial line: a byte of type, two of length (big-endian), the payload. As in common/Serial/SerialFrameType.cs.

export const type = Object.freeze({
  past: 0x01, live: 0x02, data: 0x03, gap: 0x04, state: 0x05, writer: 0x06, notice: 0x07,
  input: 0x41, break: 0x42, take: 0x43, release: 0x44,
});

const headerBytes = 3;
export const maxPayload = 16 * 1024;
const fromLine = new Set([type.past, type.live, type.data, type.gap, type.state, type.writer, type.notice]);

/** Puts frames together from messages whose borders are not the frames'. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** Answers with the frames that are whole now, as {type, payload}. Throws when the line sends what it must not. */
  push(bytes) {
    let received = bytes;
    if (this.#rest.length > 0) {
      received = new Uint8Array(this.#rest.length + bytes.length);
      received.set(this.#rest);
      received.set(bytes, this.#rest.length);
    }

    const frames = [];
    let at = 0;
    while (received.length - at >= headerBytes) {
      const kind = received[at];
      const length = (received[at + 1] << 8) | received[at + 2];
      if (!fromLine.has(kind) || length > maxPayload) { throw new RangeError(`A frame of type ${kind} with ${length} bytes came, which there is not.`); }
      if (received.length - at < headerBytes + length) { break; }
      frames.push({ type: kind, payload: received.subarray(at + headerBytes, at + headerBytes + length) });
      at += headerBytes + length;
    }

    // A copy: what is left is less than a frame, and must not keep the whole message alive.
    this.#rest = received.slice(at);
    return frames;
  }
}

/** A whole frame, for the line. */
export function frame(kind, payload = new Uint8Array(0)) {
  const made = new Uint8Array(headerBytes + payload.length);
  made.set([kind, payload.length >> 8, payload.length & 0xff]);
  made.set(payload, headerBytes);
  return made;
}

/** The number of bytes that a gap stands for. */
export function gapOf(payload) {
  if (payload.length !== 8) { throw new RangeError('A gap of another length than it has came.'); }
  return new DataView(payload.buffer, payload.byteOffset, 8).getBigUint64(0);
}

/** What a frame of state or writer says. */
export function saidBy(payload) {
  const said = JSON.parse(new TextDecoder().decode(payload));
  if (said === null || typeof said !== 'object') { throw new RangeError('A frame that should say something does not.'); }
  return said;
}

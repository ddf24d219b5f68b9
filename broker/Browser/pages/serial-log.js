// What this page has seen of a serial line, byte for byte, for whoever wants to keep it.

const limit = 16 * 1024 * 1024;

export class SeenLog {
  #pieces = [];
  #bytes = 0;
  #left = 0;

  /** How many of the oldest bytes are gone: a page must not grow for ever. */
  get left() { return this.#left; }

  add(bytes) {
    // A copy: the bytes are a view of a whole message.
    this.#pieces.push(bytes.slice());
    this.#bytes += bytes.length;
    while (this.#bytes > limit) {
      const oldest = this.#pieces.shift();
      this.#bytes -= oldest.length;
      this.#left += oldest.length;
    }
  }

  /** Has the browser save it. */
  save(name) {
    const address = URL.createObjectURL(new Blob(this.#pieces, { type: 'application/octet-stream' }));
    const link = Object.assign(document.createElement('a'), { href: address, download: `${name.replace(/[^\w.-]+/g, '-')}.log` });
    link.click();
    // The browser has taken the blob by the next task, or has not at all.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}

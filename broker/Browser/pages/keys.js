// Key combinations that the browser or the person's own system would keep for itself. Keysyms are X11's, codes are those of KeyboardEvent.code.

const control = [0xffe3, 'ControlLeft'];
const alt = [0xffe9, 'AltLeft'];
const tab = [0xff09, 'Tab'];

export const combinations = [
  ['Esc', [[0xff1b, 'Escape']]],
  ['Tab', [tab]],
  ['Alt-Tab', [alt, tab]],
  ['Ctrl-Alt-Backspace', [control, alt, [0xff08, 'Backspace']]],
  ...Array.from({ length: 7 }, (_, index) => [`Ctrl-Alt-F${index + 1}`, [control, alt, [0xffbe + index, `F${index + 1}`]]]),
];

export function press(rfb, keys) {
  for (const [keysym, code] of keys) { rfb.sendKey(keysym, code, true); }
  for (const [keysym, code] of [...keys].reverse()) { rfb.sendKey(keysym, code, false); }
}

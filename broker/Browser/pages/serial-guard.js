// What a guest may make the terminal do. A terminal that answers can be made to type: a guest that prints, into a file or a log that somebody
// looks at, a query whose answer holds text of its own choosing, types that text with the rights of whoever looks. So every sequence
// with an answer is taken from xterm.js here, and three answers are given, none of which holds anything but numbers of ours.
//   CSI 5 n  the terminal is fine        CSI 6 n  where the cursor is (shells and `resize` ask)        CSI c  what terminal this is (vim asks)
// answer(text) decides whether it may go out: never of the past, and from nobody but who writes.

const deviceAttributes = '\x1b[?1;2c';
const fine = '\x1b[0n';

export function guard(terminal, answer) {
  const { parser } = terminal;
  const swallow = () => true;

  parser.registerCsiHandler({ final: 'n' }, ([what]) => {
    if (what === 5) { answer(fine); }
    if (what === 6) { answer(`\x1b[${terminal.buffer.active.cursorY + 1};${Math.min(terminal.buffer.active.cursorX + 1, terminal.cols)}R`); }
    return true;
  });
  parser.registerCsiHandler({ final: 'c' }, ([what]) => {
    if (!what) { answer(deviceAttributes); }
    return true;
  });

  // Other reports: DECXCPR and its like, secondary and tertiary attributes, modes, the window and its title (CSI 21 t), XTVERSION.
  for (const id of [
    { prefix: '?', final: 'n' }, { prefix: '>', final: 'c' }, { prefix: '=', final: 'c' },
    { intermediates: '$', final: 'p' }, { prefix: '?', intermediates: '$', final: 'p' }, { final: 't' }, { prefix: '>', final: 't' }, { prefix: '>', final: 'q' },
  ]) { parser.registerCsiHandler(id, swallow); }

  // DECRQSS, XTGETTCAP.
  for (const intermediates of ['$', '+']) { parser.registerDcsHandler({ intermediates, final: 'q' }, swallow); }

  // Title and icon (0-2), colours set or asked for (4, 5, 10-19, 104-119), working directory (7), links (8), notifications (9, 777), the clipboard (52), iTerm's files (1337).
  // The title of the page, its colours and where a link leads are the page's, and the clipboard is the person's.
  const numbers = [0, 1, 2, 4, 5, 7, 8, 9, 52, 104, 105, 777, 1337];
  for (let number = 10; number <= 19; number++) { numbers.push(number, number + 100); }
  for (const number of numbers) { parser.registerOscHandler(number, swallow); }

  // A focus that is reported is something the page types by itself. What else stands in the same sequence is a mode that no shell sets together with it.
  for (const final of ['h', 'l']) { parser.registerCsiHandler({ prefix: '?', final }, (modes) => modes.includes(1004)); }
}

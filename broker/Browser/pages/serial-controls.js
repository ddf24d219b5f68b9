// The toolbar of a serial line.
import { button, field, label, menu, toggle } from './controls.js';

export function controls(line, { viewOnly }) {
  const { terminal } = line;
  const writer = button('Take over', () => { line.takeOrRelease(); }, { disabled: viewOnly });
  const parts = [
    writer,
    button('Send break', () => line.sendBreak(), { disabled: viewOnly }),
    search(terminal),
    text(line, viewOnly),
    view(line, terminal, viewOnly),
  ];
  return { parts, showWriter(writes) { writer.textContent = writes ? 'Release' : 'Take over'; } };
}

function search(terminal) {
  const wanted = field('input', { id: 'serial-find', type: 'search', autocomplete: 'off', spellcheck: false });
  const count = field('p', { className: 'quiet' });
  count.setAttribute('role', 'status');
  terminal.onFound(({ resultIndex, resultCount }) => {
    count.textContent = wanted.value === '' ? '' : resultCount === 0 ? 'Not found' : resultIndex < 0 ? `${resultCount} found` : `${resultIndex + 1} of ${resultCount}`;
  });
  wanted.addEventListener('input', () => terminal.find(wanted.value, { incremental: true }));
  wanted.addEventListener('keydown', (event) => { if (event.key === 'Enter') { terminal.find(wanted.value, { back: !event.shiftKey }); } });

  const made = menu(
    'Search',
    label('Text in what was shown', wanted),
    wanted,
    button('Older', () => terminal.find(wanted.value, { back: true })),
    button('Newer', () => terminal.find(wanted.value)),
    count,
  );
  made.addEventListener('toggle', () => { if (made.open) { wanted.focus(); } else { terminal.endFind(); } });
  return made;
}

function text(line, viewOnly) {
  const pasted = field('textarea', { id: 'serial-paste', rows: 5, cols: 32, spellcheck: false });
  const ending = field('select', { id: 'serial-ending' });
  for (const [name, value] of [['CR, as the Enter key', '\r'], ['LF', '\n'], ['CR LF', '\r\n']]) { ending.append(new Option(name, value)); }
  ending.addEventListener('change', () => { line.lineEnding = ending.value; });

  return menu(
    'Text',
    button('Copy what is selected', () => line.copy()),
    label('Text to type into the guest', pasted),
    pasted,
    label('Lines end with', ending),
    ending,
    button('Type it', () => line.paste(pasted.value), { disabled: viewOnly }),
    button('Stop typing', () => line.stopTyping(), { disabled: viewOnly }),
    button('Download log', () => line.download()),
    button('Clear', () => { line.terminal.clear(); line.terminal.focus(); }),
  );
}

function view(line, terminal, viewOnly) {
  const command = () => `stty rows ${terminal.size.rows} cols ${terminal.size.cols}`;
  const type = button(command(), () => line.typeLine(command()), { disabled: viewOnly });
  terminal.onResized(() => { type.textContent = command(); });

  return menu(
    'View',
    button('Larger text', () => terminal.zoom(1)),
    button('Smaller text', () => terminal.zoom(-1)),
    toggle('Fit to window', true, (on) => {
      terminal.fits = on;
      terminal.refit();
      return on ? 'Fit to window' : 'Size 80 × 24';
    }),
    Object.assign(document.createElement('p'), { className: 'quiet', textContent: 'A serial line does not tell the guest how large this window is. At a shell\'s prompt this types it:' }),
    type,
  );
}

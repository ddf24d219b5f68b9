// Types a text into the guest with the keys of its layout: for what has no clipboard, such as a login on a text console.
import { ask, Refused } from './api.js';
import { button, field, label, menu } from './controls.js';

const layouts = [
  ['us', 'English (US)'], ['gb', 'English (UK)'], ['de', 'German'], ['fr', 'French'], ['es', 'Spanish'], ['it', 'Italian'], ['se', 'Swedish'], ['no', 'Norwegian'], ['ch', 'German (Switzerland)'],
];
const Remembered = 'consoles-layout';
const MaxCharacters = 4096;

// Where the browser keeps nothing for pages, the layout is chosen anew each time.
function remembered() {
  try {
    return localStorage.getItem(Remembered);
  } catch {
    return null;
  }
}

function remember(layout) {
  try {
    localStorage.setItem(Remembered, layout);
  } catch (problem) {
    if (!(problem instanceof DOMException)) { throw problem; }
  }
}

// The broker counts characters as Unicode's code points, a text field counts UTF-16 units.
function select(text, position) {
  const characters = [...text.value];
  const start = characters.slice(0, position - 1).join('').length;
  text.focus();
  text.setSelectionRange(start, start + (characters[position - 1]?.length ?? 0));
}

/** The menu. done() is called when all is typed. */
export function typingMenu(ticket, done) {
  const text = field('textarea', { id: 'typing-text', rows: 5, cols: 32, spellcheck: false, autocomplete: 'off' });
  const layout = field('select', { id: 'typing-layout' });
  layout.append(...layouts.map(([name, title]) => new Option(title, name)));
  layout.value = remembered() ?? 'us';
  if (!layout.value) { layout.value = 'us'; }
  const said = field('p', { id: 'typing-said', className: 'quiet' });
  said.setAttribute('role', 'status');
  const send = button('Type into the guest', type, { className: 'primary' });
  const made = menu('Paste as keystrokes', label('Text', text), text, label('Keyboard layout of the guest', layout), layout, send, said);
  made.id = 'typing';

  async function type() {
    // An accent that follows its letter is one key with it.
    text.value = text.value.normalize('NFC');
    const characters = [...text.value].length;
    if (!characters) { text.focus(); return; }
    if (characters > MaxCharacters) { said.textContent = `At most ${MaxCharacters} characters at a time; these are ${characters}.`; return; }
    remember(layout.value);
    send.disabled = true;
    said.className = 'quiet';
    said.textContent = 'Typing …';
    try {
      const answer = await ask('POST', '/v1/keys', { ticket, text: text.value, layout: layout.value });
      text.value = '';
      said.textContent = `${answer.typed} characters typed.`;
      made.open = false;
      done();
    } catch (problem) {
      if (!(problem instanceof Refused)) { throw problem; }
      const typed = problem.answer?.typed;
      said.className = 'bad';
      said.textContent = typed > 0 ? `${problem.message} ${typed} characters were typed.` : problem.message;
      if (problem.answer?.position) { select(text, problem.answer.position); }
    } finally {
      send.disabled = false;
    }
  }

  return made;
}

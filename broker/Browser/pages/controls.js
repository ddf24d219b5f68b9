// The parts that a console's toolbar is made of. Text comes in as text: none of it is ever read as HTML.

function put(name, properties, ...content) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content);
  return made;
}

export function button(label, act, properties = {}) {
  const made = put('button', { type: 'button', ...properties }, label);
  made.addEventListener('click', act);
  return made;
}

/** A button that is on or off. act(on) does it and answers with the label that the button has from then on, or nothing. */
export function toggle(label, on, act, properties = {}) {
  const made = button(label, () => {
    const next = made.getAttribute('aria-pressed') !== 'true';
    made.setAttribute('aria-pressed', String(next));
    made.textContent = act(next) ?? label;
  }, properties);
  made.setAttribute('aria-pressed', String(on));
  return made;
}

/** A button that opens a panel below it. The shell closes it on Escape, and when another opens. */
export function menu(label, ...content) {
  return put('details', { className: 'menu' }, put('summary', {}, label), put('div', { className: 'panel' }, ...content));
}

export function label(text, field) {
  return put('label', { htmlFor: field.id }, text);
}

export function field(name, properties) {
  return put(name, properties);
}

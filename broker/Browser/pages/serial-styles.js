// xterm.js writes its styles as <style> elements and style attributes, which the policy of these pages forbids, and it is right to:
// what a guest can put into a page must not be able to style it. Both are led to where script alone can write: sheets that are adopted
// and the object model. Nothing else of the elements changes.

function setAttribute(name, value) {
  if (name === 'style') {
    this.style.cssText = value;
  } else {
    Element.prototype.setAttribute.call(this, name, value);
  }
}

function adoptedSheet() {
  const sheet = new CSSStyleSheet();
  const stand = Document.prototype.createElement.call(document, 'template');
  document.adoptedStyleSheets.push(sheet);

  Object.defineProperty(stand, 'textContent', { set: (text) => { sheet.replaceSync(text); } });
  stand.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(stand);
  };
  return stand;
}

/** From now on, elements that script makes in this page are styled without inline styles. */
export function styleWithoutInline() {
  document.createElement = (name, ...more) => {
    if (name === 'style') { return adoptedSheet(); }
    const made = Document.prototype.createElement.call(document, name, ...more);
    if (name === 'span') { made.setAttribute = setAttribute; }
    return made;
  };
}

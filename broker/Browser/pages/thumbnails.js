// Pictures of the guests' screens: asked for when they come into view, anew now and then while they stay, and at once on a click.
const RefreshMilliseconds = 30_000;

const thumbnails = new Map();

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const thumbnail = thumbnails.get(entry.target.dataset.domain);
    if (!thumbnail) { continue; }
    thumbnail.visible = entry.isIntersecting;
    if (thumbnail.visible && performance.now() - thumbnail.at >= RefreshMilliseconds) { load(thumbnail); }
  }
}, { rootMargin: '100px' });

function load(thumbnail) {
  if (thumbnail.loading) { return; }
  thumbnail.loading = true;
  thumbnail.at = performance.now();
  // Loaded aside, so that the old picture stays until the new one is there.
  const next = new Image();
  next.alt = thumbnail.alt;
  const done = (shown) => {
    thumbnail.loading = false;
    thumbnail.button.replaceChildren(shown);
  };
  next.addEventListener('load', () => done(next));
  next.addEventListener('error', () => done(placeholder('no picture')));
  next.src = `/v1/domains/${encodeURIComponent(thumbnail.id)}/screenshot?at=${Date.now()}`;
}

function placeholder(words) {
  const made = document.createElement('span');
  made.className = 'quiet';
  made.textContent = words;
  return made;
}

/** The picture of a domain's screen: the same element as long as the domain is listed. */
export function thumbnailOf(domain) {
  const key = `${domain.node}/${domain.id}`;
  let thumbnail = thumbnails.get(key);
  if (!thumbnail) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'thumbnail';
    button.dataset.domain = key;
    button.dataset.focus = `${key}/screen`;
    button.title = 'Take a new picture';
    button.append(placeholder('…'));
    thumbnail = { button, id: domain.id, alt: `Screen of ${domain.name}`, at: -Infinity, visible: false, loading: false };
    button.setAttribute('aria-label', `Screen of ${domain.name}: take a new picture`);
    button.addEventListener('click', () => load(thumbnails.get(key) ?? thumbnail));
    thumbnails.set(key, thumbnail);
    observer.observe(button);
  }
  return thumbnail.button;
}

/** Forgets those that are not listed any more. */
export function keepThumbnails(keys) {
  for (const [key, { button }] of thumbnails) {
    if (!keys.has(key)) {
      observer.unobserve(button);
      thumbnails.delete(key);
    }
  }
}

setInterval(() => {
  if (document.hidden) { return; }
  const now = performance.now();
  for (const thumbnail of thumbnails.values()) {
    if (thumbnail.visible && now - thumbnail.at >= RefreshMilliseconds) { load(thumbnail); }
  }
}, 5000);

// Viewers of people's own: the files that start them.
import { ask, send } from './api.js';

let asked = null;

/** Which kinds of console they may be used for: { vnc, spice, ... }. It is asked for once. */
export function viewers() {
  asked ??= ask('GET', '/v1/viewers').catch((problem) => { asked = null; throw problem; });
  return asked;
}

/** Has the browser save a file that opens the console in a viewer, once and soon. */
export async function saveViewerFile(domain, console, rights) {
  const response = await send('POST', `/v1/domains/${encodeURIComponent(domain)}/consoles/${encodeURIComponent(console)}/viewer-file`, { rights });
  const name = /filename="?([^";]+)/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'console.vv';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click; it holds a token, so it does not stay for long.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

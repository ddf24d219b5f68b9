// How these pages speak to the broker.

/** A refusal or a failure, whose message is for the person in front of the page. */
export class Refused extends Error {
  constructor(status, message, answer = null) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

/** Asks the broker. Answers with what the JSON says, or null where there is none. */
export async function ask(method, path, body) {
  const response = await send(method, path, body);
  return isJson(response) ? response.json() : null;
}

/** Asks the broker for what is no JSON. */
export async function send(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      // The broker takes this header as the sign that one of its own pages asks.
      headers: { 'X-Consoles': '1', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch {
    throw new Refused(0, 'The broker does not answer. It may be restarting, or the network is down.');
  }

  if (!response.ok) {
    const answer = isJson(response) ? await response.json() : null;
    const words = answer?.detail ?? answer?.title ?? `The broker answered ${response.status}.`;
    throw new Refused(response.status, words, answer);
  }

  return response;
}

function isJson(response) {
  return /[/+]json/.test(response.headers.get('Content-Type') ?? '');
}

/** Asks for a console's token. Answers with the path of the page that opens it. */
export async function issueToken(domain, console, rights) {
  const answer = await ask('POST', `/v1/domains/${encodeURIComponent(domain)}/consoles/${encodeURIComponent(console)}/tokens`, { rights });
  return tokenIn(answer.url) ?? answer.token;
}

/** The token in an address's fragment, or null. */
export function tokenIn(address) {
  const fragment = new URL(address, location.href).hash.slice(1);
  return fragment.startsWith('ct1_') ? fragment : null;
}

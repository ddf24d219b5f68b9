// What the close codes of a console's WebSocket mean, in sentences. Those from 4000 on are the broker's, the others are RFC 6455's.

const sentences = new Map([
  [1000, 'You closed the console.'],
  [1001, 'The page was left.'],
  [1002, 'The console was closed because the viewer and the broker did not understand each other.'],
  [1003, 'The console was closed because the viewer sent something it must not.'],
  [1005, 'The console was closed, and no reason was given.'],
  [1006, 'The connection to the broker was lost.'],
  [1008, 'The broker closed the console because the viewer broke a rule.'],
  [1009, 'The console was closed because the viewer sent too much at once.'],
  [1011, 'The guest\'s console could not be reached.'],
  [1012, 'The broker is being restarted.'],
  [1013, 'The broker has too much to do at the moment.'],
  [4001, 'This token is not valid any more. A token opens one console, once, and only for a short time.'],
  [4002, 'Access to this console was taken back.'],
  [4003, 'The guest has stopped.'],
  [4004, 'The guest has moved to another node.'],
  [4005, 'The guest\'s console could not prove over TLS that it is the right one, so it was not opened.'],
  [4006, 'The console was closed because nobody used it for a while.'],
  [4007, 'There are too many consoles open, or this one was open for as long as is allowed.'],
  [4008, 'Somebody else took this console over.'],
  [4009, 'Somebody outside of Consoles holds this console.'],
  [4010, 'Somebody outside of Consoles holds this console. It can be opened when they have left it.'],
]);

export function sentenceFor(code) {
  return sentences.get(code) ?? `The console was closed (code ${code}).`;
}

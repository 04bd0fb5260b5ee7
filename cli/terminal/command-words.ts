/** What is true in a deployed app, whose ledger has everything tried again, and what a command says in its place. */
const words: readonly (readonly [ofApp: RegExp, ofCommand: string])[] = [
  [/\b(?:the (?:window|file)|its window|it) is tried again(?: later)?/g, 'run the same command again'],
  [/\blooked for again by audits, every six hours \(or --again\)/g, 'looked for again with --again'],
  [/\btry again later \(the app does so by itself\)/g, 'run the same command again later'],
];

/** What the pipeline says, for whoever has run a command that has ended: nothing goes on by itself. */
export const commandWords = (text: string): string =>
  words.reduce((said, [ofApp, ofCommand]) => said.replace(ofApp, ofCommand), text);

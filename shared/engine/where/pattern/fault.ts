/** What is wrong with a regular expression. Caught where conditions are parsed. */
export class PatternFault extends Error {}

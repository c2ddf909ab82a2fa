/** What zod says of a value that is not there or of another kind. */
const OTHER_KIND = /^Invalid input: expected ([a-z]+), received ([a-zA-Z]+)$/;

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "nothing",
};

/**
 * What is wrong with one value, as people say it: `is missing; it is a number`. Values are never quoted,
 * as they may be secret. Every other message of zod stays as it is.
 */
export function issueText({ message }: { readonly message: string }): string {
  const [, expected = "", received = ""] = OTHER_KIND.exec(message) ?? [];
  const wanted = kinds[expected];
  if (wanted === undefined) return message;
  if (received === "undefined") return `is missing; it is ${wanted}`;
  if (received === "NaN") return "is not a number";
  return `is ${kinds[received] ?? received}, where ${wanted} belongs`;
}

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
  const size = sizeText(message);
  if (size !== null) return size;
  const [, expected = "", received = ""] = OTHER_KIND.exec(message) ?? [];
  const wanted = kinds[expected];
  if (wanted === undefined) return message;
  if (received === "undefined") return `is missing; it is ${wanted}`;
  if (received === "NaN") return "is not a number";
  return `is ${kinds[received] ?? received}, where ${wanted} belongs`;
}

/** What zod says of a text, list or number beyond its bounds. */
const OTHER_SIZE =
  /^Too (?:small|big): expected (string|array|number|int) to (?:have|be) ([<>])(=?)(-?\d+(?:\.\d+)?)(?: \w+)?$/;

const sizes: Readonly<Record<string, readonly [small: string, big: string, what: string]>> = {
  string: ["is too short", "is too long", " characters"],
  array: ["has too few", "has too many", ""],
  number: ["is too small", "is too large", ""],
  int: ["is too small", "is too large", ""],
};

function sizeText(message: string): string | null {
  const [, kind = "", sign = "", orEqual = "", bound = ""] = OTHER_SIZE.exec(message) ?? [];
  const [small, big, what] = sizes[kind] ?? [];
  if (small === undefined || big === undefined) return null;
  if (kind === "string" && sign === ">" && bound === "1") return "is empty";
  const isSmall = sign === ">";
  const least =
    orEqual === "" ? (isSmall ? "more than" : "less than") : isSmall ? "at least" : "at most";
  return `${isSmall ? small : big}: ${least} ${bound}${what}`;
}

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

/**
 * Where a value fits none of several forms: what is wrong with the form that it comes nearest to, by the
 * fewest things wrong and then by the one that lies deepest. Everything else stays as it is.
 */
export function nearestIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    const { errors } = issue as { readonly errors?: readonly (readonly Issue[])[] };
    const forms = (errors ?? []).map((form) => nearestIssues(form));
    const depth = (form: readonly Issue[]) => Math.max(0, ...form.map(({ path }) => path.length));
    const [nearest] = forms.toSorted((a, b) => a.length - b.length || depth(b) - depth(a));
    if (nearest === undefined || nearest.length === 0) return [issue];
    return nearest.map(({ message, path }) => ({ message, path: [...issue.path, ...path] }));
  });
}

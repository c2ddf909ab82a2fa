/** Whether an event goes to a sink: the last pattern that fits decides, none means no. */
export function isChosen(type: string, patterns: readonly string[]): boolean {
  const [noun, participle] = type.split(".");
  let chosen = false;
  // A list that only takes out means: all but these.
  if (patterns.every((pattern) => pattern.startsWith("!"))) chosen = true;
  for (const pattern of patterns) {
    const isOut = pattern.startsWith("!");
    const [first, second] = pattern.slice(isOut ? 1 : 0).split(".");
    const fits =
      (first === "*" || first === noun) &&
      (second === undefined || second === "*" || second === participle);
    if (fits) chosen = !isOut;
  }
  return chosen;
}

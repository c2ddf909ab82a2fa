/** `1 host`, `3,000 hosts`: a count with its noun, as people say it. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

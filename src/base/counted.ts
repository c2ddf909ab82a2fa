/** `1 host`, `3,000 hosts`, `2 entries`: a count with its noun, as people say it. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : many}`;
}

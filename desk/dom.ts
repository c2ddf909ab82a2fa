/** Elements from data: texts only ever become text, so nothing in a pack can be markup. */
export type Part = Node | string;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...parts: readonly Part[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...parts);
  return made;
}

export function section(title: string, ...parts: readonly Part[]): HTMLElement {
  return element("section", { "aria-label": title }, element("h2", {}, title), ...parts);
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const row = (kind: "th" | "td", cells: readonly string[]): HTMLElement =>
    element("tr", {}, ...cells.map((cell) => element(kind, {}, cell)));
  const body = rows.map((cells) => row("td", cells));
  return element(
    "table",
    {},
    element("thead", {}, row("th", heads)),
    element("tbody", {}, ...body),
  );
}

export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = element("a", { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

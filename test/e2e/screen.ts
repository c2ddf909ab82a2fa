/**
 * What a terminal shows after these bytes: the few controls that are used here, and nothing else. An
 * unknown one is an error, and so is a row that is wider than the screen, as a terminal would wrap it
 * and every row below would stand one too low.
 */
export function screenOf(bytes: string, columns: number): string {
  const rows: string[] = [""];
  let row = 0;
  let column = 0;
  const current = (): string => rows[row] ?? "";
  for (const [token] of bytes.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b|[^\u001b]/gu)) {
    if (token === "\r") column = 0;
    else if (token === "\n") {
      row += 1;
      while (rows.length <= row) rows.push("");
    } else if (/^\u001b\[\?25[lh]$|^\u001b\[[0-9;]*m$/.test(token)) continue;
    else if (/^\u001b\[\d*A$/.test(token)) row = Math.max(0, row - Number(token.slice(2, -1) || 1));
    else if (token === "\u001b[K") rows[row] = current().slice(0, column);
    else if (token === "\u001b[J") {
      rows[row] = current().slice(0, column);
      rows.length = row + 1;
    } else if (token.startsWith("\u001b")) throw new Error(`unknown: ${JSON.stringify(token)}`);
    else {
      rows[row] = current().padEnd(column).slice(0, column) + token + current().slice(column + 1);
      column += 1;
      if (column > columns) throw new Error(`a row is wider than the screen: ${current()}`);
    }
  }
  return rows.map((line) => line.trimEnd()).join("\n");
}

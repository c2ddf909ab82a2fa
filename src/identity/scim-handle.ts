/**
 * The handle that a person of a directory gets here: what stands before the @ of their user name, in
 * the letters that handles have; then the whole name. Never a number that counts up, as handles stand in
 * signed documents and must say the same person to everybody.
 */
export function handlesFor(userName: string): readonly string[] {
  const [local = "", domain = ""] = userName.split("@");
  const first = asHandle(local);
  const second = asHandle(domain === "" ? userName : `${local}.${domain}`);
  return [...new Set([first, second])].filter((handle) => handle !== "");
}

function asHandle(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[.-]+/, "")
    .replace(/[.-]+$/, "")
    .slice(0, 63);
}

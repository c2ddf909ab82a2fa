/**
 * The folder from which Node would load a package that is needed in a place (Node.js, "Loading from
 * node_modules folders"): the nearest `node_modules` upwards that has it; null where none has.
 */
export function folderOf(
  place: string,
  name: string,
  exists: (folder: string) => boolean,
): string | null {
  for (let at = place; ; ) {
    const candidate = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (exists(candidate)) return candidate;
    if (at === "") return null;
    const up = at.lastIndexOf("/node_modules/");
    if (up >= 0) at = at.slice(0, up);
    else at = at.startsWith("node_modules/") ? "" : parentFolder(at);
  }
}

/** A workspace (`packages/a`) is in no node_modules; the folders above it are looked through. */
function parentFolder(place: string): string {
  const slash = place.lastIndexOf("/");
  return slash < 0 ? "" : place.slice(0, slash);
}

import { type Parsed, parseDocument, writeDocument } from "../base/document.ts";
import { LABEL_COUNT_MAX } from "../base/labels.ts";

/** `/etc/fettle/identity` (host protocol §5): set when enrolled, never by the server. */
export interface HostIdentity {
  readonly tenant: string;
  readonly host: string;
  readonly ring: string;
  /** `k=v`; rule plans are matched against exactly these. */
  readonly labels: readonly string[];
}

export function writeHostIdentity(identity: HostIdentity): string {
  return writeDocument("identity", [
    `tenant ${identity.tenant}`,
    `host ${identity.host}`,
    `ring ${identity.ring}`,
    ...identity.labels.map((label) => `label ${label}`),
  ]);
}

export function parseHostIdentity(text: string): Parsed<HostIdentity> {
  return parseDocument(text, { type: "identity" }, (reader) => {
    const about = {
      tenant: reader.word("tenant", "id"),
      host: reader.word("host", "id"),
      ring: reader.word("ring", "id"),
    };
    const labels: string[] = [];
    while (reader.isNext("label")) {
      const label = reader.word("label", "label");
      const key = label.slice(0, label.indexOf("=") + 1);
      if (labels.some((other) => other.startsWith(key))) reader.stop("this label stands twice");
      if (labels.length === LABEL_COUNT_MAX) reader.stop(`more than ${LABEL_COUNT_MAX} labels`);
      labels.push(label);
    }
    return { ...about, labels };
  });
}

import type { Digest } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Span } from "../base/spans.ts";
import { leafText } from "./leaf.ts";
import type { PlannedLeaf } from "./model.ts";

/** A host's place with its leaf, whose text is written when it is asked for: a plan has a million. */
export class HostLeaf implements PlannedLeaf {
  readonly index: number;
  readonly leaf: number;
  readonly wave: number;
  readonly host: HostId;
  readonly protocolId: string;
  readonly body: Digest;
  readonly digest: Digest;
  readonly windows: readonly Span[];

  constructor(of: Omit<PlannedLeaf, "text">) {
    this.index = of.index;
    this.leaf = of.leaf;
    this.wave = of.wave;
    this.host = of.host;
    this.protocolId = of.protocolId;
    this.body = of.body;
    this.digest = of.digest;
    this.windows = of.windows;
  }

  get text(): string {
    const { leaf: index, wave, protocolId, body, windows } = this;
    return leafText({ index, wave, protocolId, body, windows });
  }
}

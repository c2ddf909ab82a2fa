import { verifySshSignature } from "../../../base/sshsig.ts";
import type { Host } from "../../../inventory/model.ts";
import type { StagingAnswer } from "../../model.ts";
import { parseStaged, STAGED_NAMESPACE } from "../../staged.ts";

/** What a host said to an order to stage, once its own key is seen to have signed it. */
export function stagingAnswer(
  answer: ReadonlyMap<string, readonly string[]>,
  of: { readonly host: Pick<Host, "name" | "protocolId" | "signingKey">; readonly tenant: string },
): StagingAnswer {
  const asText = (name: string) => (answer.get(name) ?? []).map((line) => `${line}\n`).join("");
  const { host, tenant } = of;
  const signed = { text: asText("staged"), signature: asText("stagedsig") };
  const verdict = verifySshSignature({
    namespace: STAGED_NAMESPACE,
    bytes: signed.text,
    armoured: signed.signature,
    publicKeyLine: host.signingKey ?? "",
  });
  if (!verdict.ok) return unusable(host, `it is not signed by its enrolled key: ${verdict.why}`);
  const staged = parseStaged(signed.text);
  if (!staged.ok) return unusable(host, staged.why);
  if (staged.value.tenant !== tenant || staged.value.host !== host.protocolId) {
    return unusable(host, `it is of ${staged.value.host} of ${staged.value.tenant}`);
  }
  return { kind: "staged", staged: staged.value, signed };
}

function unusable(host: Pick<Host, "name">, why: string): StagingAnswer {
  const message = `What ${host.name} said of its staged files cannot be used: ${why}.`;
  return { kind: "problem", problem: { kind: "protocol", message } };
}
